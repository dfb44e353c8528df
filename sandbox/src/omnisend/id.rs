//! Ids as the vendor writes them, 24 hexadecimal digits: eight that say of what, sixteen for the row.

#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    Contact = 0x60a6_1709,
    Batch = 0x5f92_cbf1,
    Segment = 0x65b0_1a2e,
}

impl Of {
    pub(super) fn id(self, row: i64) -> String {
        format!("{:08x}{row:016x}", self as u32)
    }

    /// The row of an id; `None` if it is of something else.
    pub(super) fn row(self, id: &str) -> Option<i64> {
        let row = i64::from_str_radix(id.strip_prefix(&format!("{:08x}", self as u32))?, 16).ok()?;
        (self.id(row) == id).then_some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::Of;

    #[test]
    fn an_id_says_what_it_is_of() {
        let id = Of::Contact.id(258);
        assert_eq!(id, "60a617090000000000000102");
        assert_eq!((Of::Contact.row(&id), Of::Batch.row(&id)), (Some(258), None));
        assert_eq!((Of::Contact.row("60a61709102"), Of::Contact.row("60a61709é")), (None, None));
    }
}
