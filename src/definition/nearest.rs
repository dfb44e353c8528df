//! "Did you mean": the existing name nearest to one that does not exist.

/// Comparing costs; among more names than these the hint is luck anyway.
const NAMES: usize = 2_000;

/// The nearest by edit distance, letter case aside, if it is near enough to be meant.
pub fn nearest<'a>(given: &str, existing: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let limit = (given.chars().count() / 3).max(1);
    existing
        .into_iter()
        .take(NAMES)
        .map(|name| (strsim::osa_distance(&given, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= limit || (given.len() >= 3 && name.to_lowercase().starts_with(&given)))
        .min()
        .map(|(_, name)| name)
}

/// A hint for an unknown name: the nearest, else what there is.
pub fn hint<'a>(given: &str, existing: impl IntoIterator<Item = &'a str> + Clone, nothing: &str) -> String {
    if let Some(near) = nearest(given, existing.clone()) {
        return format!("did you mean `{near}`?");
    }
    let some: Vec<_> = existing.into_iter().take(8).collect();
    if some.is_empty() { nothing.to_owned() } else { format!("there is: {}", some.join(", ")) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case("suspnd", Some("suspend"))]
    #[case("vip-customer", Some("vip-customers"))]
    #[case("VIP-Customers", Some("vip-customers"))]
    #[case("sus", Some("suspend"))]
    #[case("x", None)]
    #[case("orders", None)]
    fn names_what_was_meant(#[case] given: &str, #[case] expected: Option<&str>) {
        assert_eq!(super::nearest(given, ["suspend", "vip-customers", "lapsed"]), expected);
    }
}
