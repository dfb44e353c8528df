//! What SQLite says of a row is not repeated: it quotes values, and a query may choose which.

use super::Files;
use rstest::rstest;

mod queries {
    use super::*;

    #[rstest]
    #[case::path("SELECT json_extract('{}', Name) FROM t")]
    #[case::path_of_each("SELECT t.Id FROM t, json_each('{}', t.Name)")]
    #[case::set("SELECT json_set('{}', Name, 1) FROM t")]
    #[case::remove("SELECT json_remove('{}', Name) FROM t")]
    #[case::escaped("SELECT unistr('\\' || Name) FROM t")]
    #[case::in_a_condition("SELECT Id FROM t WHERE json_type('{}', Name) = 1")]
    #[case::in_an_order("SELECT Id FROM t ORDER BY json_extract('{}', Name)")]
    fn attack_an_error_at_a_row_quotes_nothing_of_it(#[case] query: &str) {
        let files = Files::csv("Id,Name\n1,s3cret-cell\n");
        let error = files.query(query).expect_err(query);
        let all = format!("{error} {:?}", error.hint);
        assert!(!all.contains("s3cret-cell") && all.contains("SQLite failed at a row of it (code 1"), "{all}");
        assert!(all.contains("vips.yaml, segment vips"), "{all}");
    }

    /// What says the same of every row stays, and so does what is wrong with the query itself.
    #[rstest]
    #[case("SELECT json(Name) FROM t", "malformed JSON")]
    #[case("SELECT abs(-9223372036854775807 - Id) FROM t", "integer overflow")]
    #[case("SELECT Nmae FROM t", "no such column: Nmae")]
    #[case("SELECT 'x' || FROM t", "near \"FROM\": syntax error")]
    fn what_is_no_rows_own_is_told(#[case] query: &str, #[case] told: &str) {
        let error = Files::csv("Id,Name\n1,s3cret-cell\n").query(query).expect_err(query);
        assert!(error.message.contains(told), "{error}");
    }
}

mod files {
    use super::*;

    /// Who may put files into a folder says what a pattern matches, not what else of the machine is read.
    #[test]
    fn attack_a_pattern_matches_a_link_out() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "Id,Name\n7,s3cret-cell\n").unwrap();
        let files = Files::new().with("a.csv", "Id,Name\n1,Ann\n").table("t", "*.csv").table("one", "b.csv");
        std::os::unix::fs::symlink(outside.path().join("secret"), files.path("b.csv")).unwrap();
        let error = files.query("SELECT Name FROM t").unwrap_err();
        assert!(error.message.contains("is a link that leads out of"), "{error}");
        let error = files.query("SELECT Name FROM one").unwrap_err();
        assert!(error.message.contains("is a link that leads out of"), "{error}");
        // An absolute path leads where it leads; and a link within the folder is one of its files.
        let absolute = Files::new().table("one", &files.path("b.csv").display().to_string());
        assert_eq!(absolute.rows("SELECT Name FROM one"), ["s3cret-cell"]);
        std::fs::remove_file(files.path("b.csv")).unwrap();
        std::os::unix::fs::symlink("a.csv", files.path("b.csv")).unwrap();
        assert_eq!(files.rows("SELECT Name FROM t"), ["Ann", "Ann"]);
    }
}
