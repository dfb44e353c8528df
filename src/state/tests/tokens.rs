//! What a sign-in gave.

use super::*;
use crate::oauth::{Binding, Tokens};
use secrecy::ExposeSecret;

fn tokens(access: &str, refresh: Option<&str>) -> Tokens {
    Tokens {
        bound: Binding { vendor: "constant-contact".into(), endpoint: "https://auth.example.com/".into(), client_id: "app".into() },
        access: access.to_owned().into(),
        refresh: refresh.map(|text| text.to_owned().into()),
        obtained: at(0),
        expires: refresh.map(|_| at(86_400)),
        account: None,
        api: None,
    }
}

#[test]
fn the_newest_are_kept_and_outlive_the_process() {
    let mut f = fixture();
    f.store.keep_tokens(&name("crm"), &tokens("a1", Some("r1"))).unwrap();
    let serial = f.store.serial().unwrap();
    let account = Some("Contoso".to_owned());
    f.store.keep_tokens(&name("crm"), &Tokens { account, ..tokens("a2", Some("r2")) }).unwrap();
    let api = Some("https://us6.api.example.com".parse().unwrap());
    f.store.keep_tokens(&name("news"), &Tokens { api, ..tokens("m", None) }).unwrap();
    assert_eq!(f.store.serial().unwrap(), serial, "nothing was applied");
    drop(f.store);
    let view = View::open(&f.dir, at(1)).unwrap().unwrap();
    let crm = view.tokens(&name("crm")).unwrap().unwrap();
    assert_eq!((crm.access.expose_secret(), crm.refresh.as_ref().unwrap().expose_secret()), ("a2", "r2"));
    assert_eq!((crm.bound, crm.obtained, crm.expires), (tokens("", None).bound, at(0), Some(at(86_400))));
    assert_eq!(crm.account.as_deref(), Some("Contoso"));
    let all: Vec<_> = view.sign_ins().unwrap().into_iter().map(|(name, tokens)| (name.to_string(), tokens.api.is_some())).collect();
    assert_eq!(all, [("crm".to_owned(), false), ("news".to_owned(), true)]);
    assert!(view.tokens(&name("other")).unwrap().is_none());
}

#[test]
fn those_that_were_replaced_are_in_no_file_once_the_log_is_moved() {
    let mut f = fixture();
    f.store.keep_tokens(&name("crm"), &tokens("first-access", Some("first-refresh"))).unwrap();
    f.store.keep_tokens(&name("crm"), &tokens("second-access", Some("second-refresh"))).unwrap();
    drop(f.store);
    let held: Vec<u8> = std::fs::read_dir(f.dir.path()).unwrap().flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    let holds = |text: &str| held.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("second-refresh") && !holds("first-refresh"));
}
