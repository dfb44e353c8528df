//! Words that say yes or no in a consent column, as databases, CRMs and people in Europe write them.
//!
//! A word that can mean something else (`active`, `ok`, `x`, `s`) is on neither list: a user who means it writes it into the
//! definition. Words stand here as [`normalised`] gives them, without accents.

use super::{characters::is_invisible, consent::Evidence};
use std::{borrow::Cow, collections::HashMap, sync::LazyLock};
use unicode_normalization::UnicodeNormalization;

/// Known to mean yes.
const YES: &[&str] = &[
    // Databases and programs.
    "true",
    "t",
    "yes",
    "y",
    "1",
    "on",
    "checked",
    "enabled",
    "✓",
    "✔",
    "☑",
    "✅",
    // Mail platforms, shops and CRMs.
    "subscribed",
    "opted in",
    "opt in",
    "optin",
    "optedin",
    "double opt in",
    "double optin",
    "single opt in",
    "confirmed opt in",
    "allow",
    "allowed",
    "agree",
    "agreed",
    "accept",
    "accepted",
    "accepts marketing",
    "consented",
    "consent given",
    "consent granted",
    "given",
    "granted",
    "permitted",
    "permission granted",
    "yes please",
    // German, Dutch, the Nordic languages.
    "ja",
    "j",
    "wahr",
    "angemeldet",
    "abonniert",
    "erlaubt",
    "akzeptiert",
    "zugestimmt",
    "eingewilligt",
    "einverstanden",
    "erteilt",
    "einwilligung erteilt",
    "zustimmung erteilt",
    "ja bitte",
    "waar",
    "ingeschreven",
    "aangemeld",
    "geabonneerd",
    "akkoord",
    "toegestaan",
    "geaccepteerd",
    "toestemming gegeven",
    "ja tak",
    "sand",
    "sandt",
    "tilmeldt",
    "tilladt",
    "accepteret",
    "samtykket",
    "samtykke givet",
    "ja tack",
    "sann",
    "sant",
    "prenumererar",
    "anmald",
    "godkand",
    "tillaten",
    "samtycker",
    "ja takk",
    "pameldt",
    "godtatt",
    "tillatt",
    "samtykke gitt",
    "kylla",
    "joo",
    "tosi",
    "tilannut",
    "sallittu",
    "hyvaksytty",
    "suostunut",
    // French, Spanish, Catalan, Italian, Portuguese, Romanian.
    "oui",
    "vrai",
    "abonne",
    "abonnee",
    "inscrit",
    "inscrite",
    "accepte",
    "acceptee",
    "autorise",
    "autorisee",
    "consenti",
    "consentement donne",
    "si",
    "verdadero",
    "suscrito",
    "suscrita",
    "aceptado",
    "aceptada",
    "acepto",
    "acepta",
    "autorizado",
    "autorizada",
    "permitido",
    "consentido",
    "vero",
    "iscritto",
    "iscritta",
    "accettato",
    "acconsento",
    "acconsentito",
    "autorizzato",
    "consentito",
    "sim",
    "verdadeiro",
    "inscrito",
    "inscrita",
    "aceito",
    "aceite",
    "da",
    "adevarat",
    "abonat",
    "acceptat",
    // Polish, Czech, Slovak, Hungarian, the south, the Baltics, Greek, Turkish, Cyrillic.
    "tak",
    "prawda",
    "zapisany",
    "zapisana",
    "zgoda",
    "zgoda wyrazona",
    "wyrazono zgode",
    "ano",
    "pravda",
    "prihlasen",
    "prihlasena",
    "souhlas",
    "souhlasim",
    "souhlas udelen",
    "povoleno",
    "prihlaseny",
    "suhlas",
    "suhlasim",
    "igen",
    "igaz",
    "feliratkozott",
    "elfogadva",
    "jah",
    "taip",
    "bai",
    "ναι",
    "evet",
    "dogru",
    "да",
    "так",
];

/// Known to mean no, or that nobody said anything.
const NO: &[&str] = &[
    // Databases and programs, and what they print for nothing.
    "",
    "false",
    "f",
    "no",
    "n",
    "0",
    "off",
    "unchecked",
    "disabled",
    "✗",
    "✘",
    "☐",
    "❌",
    "null",
    "(null)",
    "nul",
    "nil",
    "none",
    "(none)",
    "(blank)",
    "\\n",
    "n/a",
    "#n/a",
    "na",
    "nan",
    "-",
    "--",
    "–",
    "—",
    "undefined",
    "not set",
    "not specified",
    "unspecified",
    "unknown",
    // Mail platforms, shops and CRMs.
    "unsubscribed",
    "not subscribed",
    "notsubscribed",
    "never subscribed",
    "non subscribed",
    "nonsubscribed",
    "opted out",
    "opt out",
    "optout",
    "optedout",
    "not opted in",
    "do not allow",
    "donotallow",
    "do not contact",
    "do not email",
    "do not mail",
    "not allowed",
    "disallow",
    "disallowed",
    "deny",
    "denied",
    "decline",
    "declined",
    "refused",
    "rejected",
    "withdrawn",
    "revoked",
    "no consent",
    "not consented",
    "consent withdrawn",
    "not given",
    "not granted",
    "never",
    "pending",
    "unconfirmed",
    "expired",
    "cleaned",
    "bounced",
    "blocked",
    "no thanks",
    // German, Dutch, the Nordic languages.
    "nein",
    "falsch",
    "abgemeldet",
    "abbestellt",
    "abgelehnt",
    "widerrufen",
    "verweigert",
    "gesperrt",
    "nie",
    "nicht erlaubt",
    "nicht erteilt",
    "nicht angemeldet",
    "keine",
    "keine einwilligung",
    "ausstehend",
    "nein danke",
    "nee",
    "neen",
    "onwaar",
    "uitgeschreven",
    "afgemeld",
    "geweigerd",
    "ingetrokken",
    "niet ingeschreven",
    "nooit",
    "nej",
    "nej tak",
    "falsk",
    "frameldt",
    "afmeldt",
    "afvist",
    "aldrig",
    "nej tack",
    "falskt",
    "avanmald",
    "avregistrerad",
    "nekad",
    "nei",
    "nei takk",
    "usann",
    "usant",
    "avmeldt",
    "avslatt",
    "aldri",
    "ei",
    "epatosi",
    "peruttu",
    "peruuttanut",
    "kielletty",
    "ei koskaan",
    "ei tilannut",
    // French, Spanish, Catalan, Italian, Portuguese, Romanian.
    "non",
    "faux",
    "desabonne",
    "desabonnee",
    "desinscrit",
    "desinscrite",
    "refuse",
    "refusee",
    "non abonne",
    "non abonnee",
    "non inscrit",
    "non inscrite",
    "jamais",
    "retire",
    "revoque",
    "en attente",
    "falso",
    "baja",
    "dado de baja",
    "cancelado",
    "rechazado",
    "rechaza",
    "denegado",
    "revocado",
    "nunca",
    "no suscrito",
    "no suscrita",
    "pendiente",
    "disiscritto",
    "disiscritta",
    "cancellato",
    "rifiutato",
    "negato",
    "mai",
    "revocato",
    "non iscritto",
    "non iscritta",
    "in attesa",
    "nao",
    "descadastrado",
    "recusado",
    "rejeitado",
    "negado",
    "revogado",
    "pendente",
    "nu",
    "fals",
    "dezabonat",
    "refuzat",
    // Polish, Czech, Slovak, Hungarian, the south, the Baltics, Greek, Turkish, Cyrillic.
    "fałsz",
    "wypisany",
    "wypisana",
    "odmowa",
    "brak zgody",
    "wycofana",
    "zgoda wycofana",
    "nigdy",
    "ne",
    "nepravda",
    "odhlasen",
    "odhlasena",
    "odhlaseny",
    "nesouhlasim",
    "bez souhlasu",
    "odmitnuto",
    "nikdy",
    "nesuhlasim",
    "nem",
    "hamis",
    "leiratkozott",
    "soha",
    "vale",
    "ez",
    "οχι",
    "hayır",
    "hayir",
    "yanlıs",
    "не",
    "ни",
    "ні",
    "нет",
];

static KNOWN: LazyLock<HashMap<&'static str, Evidence>> = LazyLock::new(|| {
    let yes = YES.iter().map(|word| (*word, Evidence::Yes));
    yes.chain(NO.iter().map(|word| (*word, Evidence::No))).collect()
});

/// What a word says that [`normalised`] gave.
pub fn known(word: &str) -> Evidence {
    KNOWN.get(word).copied().unwrap_or(Evidence::Unknown)
}

/// Trimmed, in small letters, without accents, `_`, `-` and blanks between letters made one blank; `1.0` is 1.
pub fn normalised(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return Cow::Borrowed(text);
    }
    let folded = if text.is_ascii() { text.to_ascii_lowercase() } else { folded(text) };
    let folded = folded.trim();
    if let Some(whole) = whole_number(folded) {
        return Cow::Owned(whole.to_owned());
    }
    Cow::Owned(joined(folded))
}

/// Compatibility forms, then small letters without the marks above and below them, and without what nobody sees.
fn folded(text: &str) -> String {
    let small = text.nfkc().flat_map(char::to_lowercase);
    small.nfd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}') && !is_invisible(*c)).nfc().collect()
}

/// `1.0`, `0,00`: a whole number with a fraction of nothing.
fn whole_number(text: &str) -> Option<&str> {
    let (whole, fraction) = text.split_once(['.', ','])?;
    let digits = |part: &str, digit: fn(u8) -> bool| !part.is_empty() && part.bytes().all(digit);
    (digits(whole, |byte| byte.is_ascii_digit()) && digits(fraction, |byte| byte == b'0')).then_some(whole)
}

/// A minus before a number is no blank: -1 is not 1.
fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let blank = c.is_whitespace() || (matches!(c, '_' | '-' | '\u{2010}' | '\u{2011}') && !out.is_empty() && chars.peek().is_some());
        match blank {
            false => out.push(c),
            true if out.ends_with(' ') => {}
            true => out.push(' '),
        }
    }
    if out.chars().all(|c| matches!(c, ' ' | '-')) { text.to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::collections::BTreeSet;

    #[test]
    fn no_word_says_both_and_each_stands_as_it_is_looked_up() {
        let all: Vec<_> = YES.iter().chain(NO).collect();
        for word in &all {
            assert_eq!(normalised(word), **word);
        }
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "twice on the lists");
    }

    #[rstest]
    // What psql, SQL Server, Excel, pandas and JSON print.
    #[case("t", Evidence::Yes)]
    #[case("f", Evidence::No)]
    #[case("True", Evidence::Yes)]
    #[case("FALSE", Evidence::No)]
    #[case("1.0", Evidence::Yes)]
    #[case("0.0", Evidence::No)]
    #[case("0,00", Evidence::No)]
    #[case("１", Evidence::Yes)]
    #[case("2", Evidence::Unknown)]
    #[case("-1", Evidence::Unknown)]
    #[case("0.5", Evidence::Unknown)]
    #[case("1-", Evidence::Unknown)]
    #[case("", Evidence::No)]
    #[case("\u{a0}", Evidence::No)]
    #[case("NULL", Evidence::No)]
    #[case("N/A", Evidence::No)]
    #[case("-", Evidence::No)]
    #[case("—", Evidence::No)]
    #[case("\\N", Evidence::No)]
    // Mailchimp, Omnisend, Shopify, Dynamics, HubSpot.
    #[case("subscribed", Evidence::Yes)]
    #[case("SUBSCRIBED", Evidence::Yes)]
    #[case("not_subscribed", Evidence::No)]
    #[case("NEVER_SUBSCRIBED", Evidence::No)]
    #[case("nonSubscribed", Evidence::No)]
    #[case("Opted-In", Evidence::Yes)]
    #[case("OPTED_OUT", Evidence::No)]
    #[case("Double  Opt-In", Evidence::Yes)]
    #[case("Allow", Evidence::Yes)]
    #[case("Do Not Allow", Evidence::No)]
    #[case("DoNotAllow", Evidence::No)]
    #[case("pending", Evidence::No)]
    #[case("NO_CONSENT", Evidence::No)]
    // Languages.
    #[case("Ja", Evidence::Yes)]
    #[case("nein", Evidence::No)]
    #[case("Désabonné", Evidence::No)]
    #[case("abonne\u{301}", Evidence::Yes)]
    #[case("Sí", Evidence::Yes)]
    #[case("SÌ", Evidence::Yes)]
    #[case("NÃO", Evidence::No)]
    #[case("Kyllä", Evidence::Yes)]
    #[case("påmeldt", Evidence::Yes)]
    #[case("avmeldt", Evidence::No)]
    #[case("Áno", Evidence::Yes)]
    #[case("odhlášen", Evidence::No)]
    #[case("FAŁSZ", Evidence::No)]
    #[case("TAK", Evidence::Yes)]
    #[case("HAYIR", Evidence::No)]
    #[case("Όχι", Evidence::No)]
    #[case("ДА", Evidence::Yes)]
    #[case("НЕТ", Evidence::No)]
    // What may mean anything.
    #[case("maybe", Evidence::Unknown)]
    #[case("active", Evidence::Unknown)]
    #[case("x", Evidence::Unknown)]
    #[case("yes/no", Evidence::Unknown)]
    #[case("s", Evidence::Unknown)]
    fn words_as_they_come(#[case] text: &str, #[case] expected: Evidence) {
        assert_eq!(known(&normalised(text)), expected, "{:?}", normalised(text));
    }
}
