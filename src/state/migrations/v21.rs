//! Lists that a platform does not take a contact onto.

pub(super) const SQL: &str = "
ALTER TABLE member ADD COLUMN refused_from INTEGER;     -- bits of these lists, while `refused` says that this is not asked again
";
