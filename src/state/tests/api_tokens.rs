//! Tokens of the API: by name, once, as hashes.

use super::*;
fn token(name_: &str, secret: &str) -> ApiToken {
    ApiToken {
        name: name(name_),
        hash: TokenHash::of(secret),
        ending: secret[secret.len() - 4..].into(),
        scopes: [Scope::Plan, Scope::Read].into(),
        folders: vec!["marketing/**".into()],
        created: at(0),
        created_by: "dana".into(),
        expires: Some(at(3600)),
        used: None,
    }
}

fn by(action: &str) -> Audit {
    Audit { at: at(0), who: "dana".into(), action: action.into(), subject: "Token ci".into(), digest: None, detail: String::new() }
}

#[test]
fn are_made_rotated_used_and_revoked_and_who_did_it_is_on_record() {
    let mut f = fixture();
    let ci = token("ci", "lk_first-secret-1111");
    f.store.create_api_token(&ci, &by("created")).unwrap();
    assert_eq!(f.store.api_tokens().unwrap(), std::slice::from_ref(&ci));
    let again = f.store.create_api_token(&token("ci", "lk_other"), &by("created")).unwrap_err();
    assert!(again.message.contains("already") && again.hint.is_some(), "{again}");
    f.store.used_api_token(&ci.name, at(60)).unwrap();
    let rotated = ApiToken { used: Some(at(60)), ..token("ci", "lk_second-secret-2222") };
    f.store.rotate_api_token(&rotated, &by("rotated")).unwrap();
    assert_eq!(f.store.api_token(&ci.name).unwrap(), Some(rotated));
    f.store.revoke_api_token(&ci.name, &by("revoked")).unwrap();
    assert!(f.store.api_tokens().unwrap().is_empty());
    assert!(f.store.revoke_api_token(&ci.name, &by("revoked")).is_err());
    assert!(f.store.rotate_api_token(&ci, &by("rotated")).is_err());
    let actions: Vec<_> = f.store.audits(None, 9).unwrap().into_iter().map(|line| line.action).collect();
    assert_eq!(actions, ["revoked", "rotated", "created"]);
}

#[test]
fn a_use_is_worth_recording_once_a_minute_and_an_end_is_an_end() {
    let ci = ApiToken { used: Some(at(0)), ..token("ci", "lk_secret") };
    assert!(!ci.use_is_news(at(59)) && ci.use_is_news(at(60)));
    assert!(!ci.is_over(at(3599)) && ci.is_over(at(3600)));
}

mod tokens {
    use super::*;

    #[test]
    fn attack_who_reads_the_state_finds_no_token() {
        let mut f = fixture();
        f.store.create_api_token(&token("ci", "lk_a-secret-of-the-api-9999"), &by("created")).unwrap();
        drop(f.store);
        let held: Vec<u8> =
            std::fs::read_dir(f.dir.path()).unwrap().flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
        assert!(!held.windows(20).any(|window| window == b"a-secret-of-the-api-"));
    }
}
