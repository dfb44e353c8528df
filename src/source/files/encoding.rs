//! How a text file is encoded: what its table says, and what its bytes look like.
//!
//! A byte order mark decides. Then the table's `encoding` does, or, with `encoding: detect`, a look at every byte. What the bytes
//! look like is never assumed otherwise; it is what a hint names.

use super::super::SourceError;
use super::utf8::Utf8;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::io::Read;

/// What a table says of its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nothing: UTF-8.
    Unsaid,
    Named(&'static Encoding),
    /// By looking at the bytes.
    Detect,
}

/// The word that asks for a look at the bytes.
pub const DETECT: &str = "detect";
/// Looked at for a hint.
pub const LOOK_BYTES: u64 = 1 << 20;

impl Choice {
    pub fn of(label: Option<&str>) -> Result<Self, SourceError> {
        let unknown = |label: &str| {
            SourceError::new(format!("the encoding {label:?} is unknown")).hint("for example utf-8, windows-1252, utf-16le, or detect")
        };
        match label {
            None => Ok(Self::Unsaid),
            Some(label) if label.eq_ignore_ascii_case(DETECT) => Ok(Self::Detect),
            Some(label) => Encoding::for_label_no_replacement(label.as_bytes()).map(Self::Named).ok_or_else(|| unknown(label)),
        }
    }

    /// The encoding of a file without a byte order mark. `head`: its first bytes. Fails where they cannot be of it.
    pub fn for_head(self, name: &str, head: &[u8]) -> Result<&'static Encoding, SourceError> {
        let encoding = if let Self::Named(encoding) = self { encoding } else { UTF_8 };
        let said = if let Self::Named(encoding) = self { format!(", and the table says {}", label(encoding)) } else { String::new() };
        match utf16(head) {
            Some(found) if found != encoding => {
                let error = SourceError::new(format!("{name} is UTF-16 without a byte order mark{said}"));
                Err(error.hint(format!("write `encoding: {}` in the table, or save the file as UTF-8", label(found))))
            }
            None if is_utf16(encoding) && !head.is_empty() && !head.contains(&0) => {
                let found = Evidence::of(head).likely();
                let error = SourceError::new(format!("{name} is not UTF-16{said}"));
                Err(error.hint(match found {
                    Likely::Encoding(found) => write(found),
                    Likely::Mixed(..) => "is it damaged? save it as UTF-8 and leave out `encoding`".to_owned(),
                }))
            }
            _ => Ok(encoding),
        }
    }
}

/// The name of an encoding as people write it.
pub fn label(encoding: &'static Encoding) -> String {
    encoding.name().to_ascii_lowercase()
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// What decided that a text was read in an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Nothing,
    Table,
    /// A byte order mark, whatever the table says.
    Mark,
}

/// What to write for bytes that are not of the encoding that a text was read in.
pub fn hint(of: &'static Encoding, said: Said, evidence: &Evidence) -> String {
    match (evidence.likely(), said) {
        (Likely::Mixed(mix), _) => mix.hint(),
        (Likely::Encoding(found), _) if found == of => {
            "it holds bytes that this encoding does not have: is it whole, and all in one encoding?".to_owned()
        }
        (Likely::Encoding(found), Said::Mark) => format!(
            "its byte order mark says {}, and its bytes look like {1}: save the file as UTF-8; or take the mark away and write `encoding: {1}` in the \
             table, which counts for files without a mark",
            of.name(),
            label(found)
        ),
        (Likely::Encoding(found), _) => write(found),
    }
}

fn write(found: &'static Encoding) -> String {
    if found == UTF_8 {
        return "its bytes look like UTF-8: leave out `encoding`".to_owned();
    }
    let as_latin = if found == WINDOWS_1252 { " (or latin-1)" } else { "" };
    format!("its bytes look like {}{as_latin}: write `encoding: {0}` in the table, or save the file as UTF-8", label(found))
}

/// What bytes look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likely {
    Encoding(&'static Encoding),
    Mixed(Mix),
}

/// Text of which a part is UTF-8 and a part is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Lines, from 1, of what was looked at.
    pub utf8_line: u64,
    pub other_line: u64,
    /// What is not UTF-8.
    pub byte: u8,
    /// Most characters beyond ASCII are UTF-8.
    pub mostly: bool,
}

impl Mix {
    fn hint(self) -> String {
        let Self { utf8_line, byte, .. } = self;
        let text = WINDOWS_1252.decode_without_bom_handling(&[byte]).0.into_owned();
        let meant = text.chars().next().filter(|c| c.is_alphabetic()).map(|c| format!(" ({c} in windows-1252)")).unwrap_or_default();
        let (part, line) =
            if self.mostly { ("most of it".to_owned(), "correct the line, or ") } else { (format!("its line {utf8_line}"), "") };
        format!("{part} is UTF-8, but not the byte 0x{byte:02X}{meant}: {line}export the file again in one encoding")
    }
}

/// What is known of bytes that were looked at.
pub struct Evidence {
    detector: EncodingDetector,
    utf8: Utf8,
    utf16: Option<&'static Encoding>,
    /// Letters that are more likely in Macintosh's encoding, less those more likely in Windows'.
    mac: i64,
    began: bool,
}

impl Evidence {
    pub fn new() -> Self {
        let detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        Self { detector, utf8: Utf8::default(), utf16: None, mac: 0, began: false }
    }

    pub fn of(bytes: &[u8]) -> Self {
        let mut evidence = Self::new();
        evidence.add(bytes);
        evidence.utf8.end();
        evidence
    }

    pub fn add(&mut self, bytes: &[u8]) {
        if !std::mem::replace(&mut self.began, true) {
            self.utf16 = utf16(bytes);
        }
        self.detector.feed(bytes, false);
        self.mac += bytes.iter().map(|byte| mac_rather(*byte)).sum::<i64>();
        self.utf8.add(bytes);
    }

    /// All that a reader gives, at most so many bytes; how many they were.
    pub fn add_all(&mut self, input: &mut dyn Read, most: u64) -> std::io::Result<u64> {
        let mut bytes = vec![0; 64 << 10];
        let (mut input, mut all) = (input.take(most), 0);
        loop {
            match input.read(&mut bytes) {
                Ok(0) => break,
                Ok(count) => {
                    self.add(&bytes[..count]);
                    all += count as u64;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.utf8.end();
        Ok(all)
    }

    pub fn likely(&self) -> Likely {
        if let Some(utf16) = self.utf16 {
            return Likely::Encoding(utf16);
        }
        if self.utf8.stray == 0 {
            return Likely::Encoding(UTF_8);
        }
        let found = self.detector.guess(None, Utf8Detection::Deny);
        let found = if found == WINDOWS_1252 && self.mac > 0 { MACINTOSH } else { found };
        match self.mix(found) {
            Some(mix) => Likely::Mixed(mix),
            None => Likely::Encoding(found),
        }
    }

    /// Whether it is UTF-8 in a part, where it would else be taken for this encoding.
    fn mix(&self, found: &'static Encoding) -> Option<Mix> {
        let Utf8 { whole, stray, whole_line, stray_line, first_stray, .. } = self.utf8;
        let mostly = whole > stray;
        let meant = if found.is_single_byte() { self.utf8.line_of(|c, beside| is_meant(c, beside, found)) } else { None };
        let utf8_line = meant.or(mostly.then_some(whole_line))?;
        Some(Mix { utf8_line, other_line: stray_line, byte: first_stray, mostly })
    }
}

/// Whether a character of UTF-8 was meant in a text of an encoding of single bytes. Its bytes may be two such characters by chance: a
/// capital and `ё` (`Пётр` in windows-1251), or a capital and a quote. Nearly all of those make characters that the text never holds; and
/// letters of scripts that are not Latin stand beside others.
fn is_meant(c: char, beside: bool, encoding: &'static Encoding) -> bool {
    let has = || !encoding.encode(c.encode_utf8(&mut [0; 4])).2;
    match c {
        _ if !c.is_alphabetic() => c.len_utf8() > 2 && has(),
        '\u{c0}'..='\u{17f}' if encoding == WINDOWS_1252 => true,
        ..='\u{24f}' => has(),
        _ => beside && has(),
    }
}

/// UTF-16 without a byte order mark: zero bytes, and read so a good part of it is ASCII, none of it U+0000. Text of one byte a
/// character with a stray zero byte is none: most of its pairs are two characters that can be seen.
pub fn utf16(head: &[u8]) -> Option<&'static Encoding> {
    if !head.contains(&0) {
        return None;
    }
    let seen = |byte: u8| matches!(byte, 9 | 10 | 13 | 0x20..=0x7e);
    let two = head.chunks_exact(2).filter(|pair| seen(pair[0]) && seen(pair[1])).count();
    if two * 8 > head.len() * 3 {
        return None;
    }
    let of = |decode: fn([u8; 2]) -> u16| {
        let units = || head.chunks_exact(2).map(|pair| decode([pair[0], pair[1]]));
        let ascii = units().filter(|unit| matches!(unit, 9 | 10 | 13 | 0x20..=0x7e)).count();
        ascii > 0 && ascii * 20 >= units().count() && units().all(|unit| unit != 0)
    };
    match (of(u16::from_le_bytes), of(u16::from_be_bytes)) {
        (true, false) => Some(UTF_16LE),
        (false, true) => Some(UTF_16BE),
        _ => None,
    }
}

/// Looks at every byte of a file for `encoding: detect`.
pub fn detect(name: &str, input: &mut dyn Read) -> Result<&'static Encoding, SourceError> {
    let mut evidence = Evidence::new();
    let fail = |error: std::io::Error| SourceError::new(format!("{name} cannot be read: {error}"));
    evidence.add_all(input, u64::MAX).map_err(fail)?;
    match evidence.likely() {
        Likely::Encoding(found) => Ok(found),
        Likely::Mixed(mix) => {
            let what = format!("{name} is not all in one encoding: line {} is UTF-8, and line {} is not", mix.utf8_line, mix.other_line);
            Err(SourceError::new(what).hint(mix.hint()))
        }
    }
}

/// Whether a byte is a common letter for a Macintosh and nothing common for Windows (`é` is 8E, which Windows reads as `Ž`), or the
/// other way round.
fn mac_rather(byte: u8) -> i64 {
    match byte {
        0x80..=0x9f if !matches!(byte, 0x80 | 0x85 | 0x91..=0x97) => 1,
        0xc0..=0xff => -1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{GBK, KOI8_U, SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1253, WINDOWS_1254};
    use rstest::rstest;

    const WEST: &str = "Id;Vorname;Nachname;Ort\n1;Jürgen;Müller;Köln\n2;Zoë;Bürger;Düsseldorf\n3;José;Nuñez;Málaga\n";

    #[rstest]
    #[case::west(WINDOWS_1252, WEST)]
    #[case::west_with_a_euro(WINDOWS_1252, "Name,Preis\nJörg,12 €\nBjörn,„3 €“\n")]
    #[case::mac(MACINTOSH, WEST)]
    #[case::poland(
        WINDOWS_1250,
        "Imię;Nazwisko;Miasto\nŁukasz;Wiśniewski;Łódź\nMałgorzata;Dąbrowska;Gdańsk\nStanisław;Wójcik;Częstochowa\n"
    )]
    #[case::russia(WINDOWS_1251, "Имя;Фамилия;Город\nАнна;Смирнова;Москва\nИван;Кузнецов;Новосибирск\n")]
    #[case::russia_by_unix(KOI8_U, "Имя;Фамилия;Город\nАнна;Смирнова;Москва\nИван;Кузнецов;Новосибирск\n")]
    #[case::greece(WINDOWS_1253, "Όνομα;Επώνυμο;Πόλη\nΓιώργος;Παπαδόπουλος;Αθήνα\nΜαρία;Γεωργίου;Θεσσαλονίκη\n")]
    #[case::turkey(WINDOWS_1254, "Adı;Soyadı;Şehir\nŞükrü;Yılmaz;İstanbul\nAyşe;Öztürk;Diyarbakır\nÇağrı;Güneş;Muğla\n")]
    #[case::japan(SHIFT_JIS, "名前,住所\n田中さくら,東京都港区\n鈴木一郎,大阪市\n")]
    #[case::china(GBK, "姓名,城市\n王小明,北京\n李娜,上海\n张伟,广州\n")]
    #[case::plain(UTF_8, "Id,Name\n1,Ann\n")]
    #[case::utf8(UTF_8, WEST)]
    fn bytes_tell_their_encoding(#[case] encoding: &'static Encoding, #[case] text: &str) {
        let (bytes, _, lossy) = encoding.encode(text);
        assert!(!lossy);
        assert_eq!(Evidence::of(&bytes).likely(), Likely::Encoding(encoding));
        assert_eq!(detect("a.csv", &mut &bytes[..]), Ok(encoding));
    }

    #[rstest]
    #[case::west(WEST)]
    #[case::russia("Имя;Фамилия\nАнна;Смирнова\n")]
    #[case::china("姓名,城市\n王小明,北京\n")]
    fn utf16_tells_its_order(#[case] text: &str) {
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!((utf16(&little), utf16(&big)), (Some(UTF_16LE), Some(UTF_16BE)));
        assert_eq!(utf16(text.as_bytes()), None);
    }

    #[test]
    fn one_odd_line_does_not_make_a_file_windows() {
        let mut bytes = WEST.repeat(9).into_bytes();
        bytes.extend(b"4;J\xfcrgen;M\xfcller;K\xf6ln\n");
        let mix = Mix { utf8_line: 2, other_line: 37, byte: 0xfc, mostly: true };
        assert_eq!(Evidence::of(&bytes).likely(), Likely::Mixed(mix));
        let error = detect("a.csv", &mut &bytes[..]).unwrap_err();
        assert!(error.message.contains("not all in one encoding") && error.hint.unwrap().contains("0xFC (ü in windows-1252)"));
    }

    /// However few rows are UTF-8, and wherever they are.
    #[rstest]
    #[case::west(WINDOWS_1252, "Jürgen;Müller\n", "José\n")]
    #[case::west_and_poland(WINDOWS_1252, "Jürgen;Müller\n", "Łukasz\n")]
    #[case::west_and_a_quote(WINDOWS_1252, "Jürgen;Müller\n", "O’Hara\n")]
    #[case::russia(WINDOWS_1251, "Анна;Смирнова;Москва\n", "Пётр\n")]
    fn some_rows_of_utf8_make_a_mix(#[case] encoding: &'static Encoding, #[case] text: &str, #[case] row: &str) {
        let other = encoding.encode(&text.repeat(50)).0.into_owned();
        for bytes in [[&other, row.as_bytes()].concat(), [row.as_bytes(), &other].concat()] {
            let error = detect("a.csv", &mut &bytes[..]).unwrap_err();
            assert!(error.message.starts_with("a.csv is not all in one encoding: line "), "{error}");
            assert!(!error.hint.unwrap().contains("`encoding:"));
        }
    }

    /// Two characters whose bytes happen to be one of UTF-8.
    #[rstest]
    #[case::yo_after_a_capital(WINDOWS_1251, "Имя;Фамилия\nПётр;Королёв\nСёма;Тёркин\n")]
    #[case::yo_by_unix(KOI8_U, "Имя;Фамилия;Город\nАртём;Королёв;Орёл\nСемён;Тёркин;Москва\n")]
    #[case::ukraine(WINDOWS_1251, "Ім'я;Прізвище;Місто\nВіктор;Мірошник;Київ\nРіта;Тітова;Рівне\n")]
    #[case::quotes(WINDOWS_1252, "Name;Straße\nJürgen;„CAFÉ“ und »CAFÉ»\nMüller;É’a\n")]
    #[case::romania(WINDOWS_1250, "Oraş;Judeţ\nORĂŞTIE;HUNEDOARA\nBraşov;Braşov\nTârgovişte;Dâmboviţa\nConstanţa;Constanţa\n")]
    #[case::poland(WINDOWS_1250, "Imię;Nazwisko;Miasto\nŁukasz;ŻÓŁTY;PÓŁNOC\nMałgorzata;Dąbrowska;Gdańsk\nStanisław;Wójcik;Łódź\n")]
    #[case::mac(MACINTOSH, "Nom;Été\nHélène;l’été\nJérôme;«élan»\n")]
    fn chance_makes_no_mix(#[case] encoding: &'static Encoding, #[case] text: &str) {
        let (bytes, _, lossy) = encoding.encode(text);
        assert!(!lossy && Evidence::of(&bytes).utf8.whole > 0);
        assert_eq!(Evidence::of(&bytes).likely(), Likely::Encoding(encoding));
    }

    #[test]
    fn characters_across_pieces_are_whole() {
        let text = "x".to_owned() + &"é".repeat(100_000);
        let mut evidence = Evidence::new();
        evidence.add_all(&mut text.as_bytes(), u64::MAX).unwrap();
        assert_eq!((evidence.utf8.whole, evidence.utf8.stray), (100_000, 0));
    }
}
