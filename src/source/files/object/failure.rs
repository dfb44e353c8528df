//! What services answer, in words that help.
//!
//! The errors of the client library hold whole addresses, signatures among them, and whole answers, in which services repeat
//! what was signed. Of all that, only these come through: the status, the service's own code, the cause of a broken line.

use super::{
    super::super::{SourceError, SourceErrorKind},
    address::Service,
    buckets::Bucket,
};
use object_store::{Error, client::HttpError};

/// Why `name` could not be listed or read.
pub fn explain(error: &Error, bucket: &Bucket, name: &str) -> SourceError {
    let answer = Answer::of(error);
    let fault = match (bucket.service, answer.status) {
        (Service::Web, Some(300..400)) => Fault::Elsewhere,
        _ => Fault::of(&answer, error),
    };
    let (message, hint) = words(&fault, bucket, name);
    let error = SourceError::new(message + &answer.told()).hint(hint);
    match fault {
        Fault::Busy | Fault::Network(_) => error.kind(SourceErrorKind::Unreachable { after: None }),
        _ => error,
    }
}

fn words(fault: &Fault, bucket: &Bucket, name: &str) -> (String, String) {
    let service = bucket.service.name();
    let (message, hint) = match fault {
        Fault::NoCredentials => return (format!("no credentials were found for {name}"), credentials_hint(bucket.service).to_owned()),
        Fault::Credentials => {
            let hint = format!("are they right, and of this account? {}", credentials_hint(bucket.service));
            return (format!("{service} does not accept the credentials for {name}"), hint);
        }
        Fault::Network(cause) => {
            (format!("{name} cannot be reached: {cause}"), "is the endpoint right, and the network? it is tried again at the next run")
        }
        Fault::Bucket => (
            format!("{name}: there is no {} {}", word(bucket.service), bucket.name),
            "is its name right, and the account or the endpoint of the source's `storage`?",
        ),
        Fault::Missing => (format!("{name} is not there"), "are the bucket and the name right?"),
        Fault::Expired => (
            format!("the credentials for {name} have expired"),
            "get new ones; credentials that are found by the platform renew themselves",
        ),
        Fault::Permission => (
            format!("{service} refuses access to {name}"),
            "are the credentials right, of this account, and not expired? they must be allowed to read it and to list its folder",
        ),
        Fault::Region => (format!("{name} is in another region"), "give the bucket's region: `storage: {region: eu-west-1}`"),
        Fault::Busy => (format!("{name} cannot be read now"), "the service is busy or down; it is tried again at the next run"),
        Fault::Whole => (
            format!("{service} gives {name} as a whole only, not by ranges"),
            "put the file where ranges are given: an object storage, or another web server",
        ),
        Fault::Elsewhere => (
            format!("the server sends {name} to another host"),
            "only the host that the source names is asked: give the file's own address",
        ),
        Fault::Other(cause) => (format!("{name} cannot be read: {cause}"), "look at the address and at the source's `storage`"),
    };
    (message, hint.to_owned())
}

/// The last cause, without what could hold an address or an answer.
pub fn cause(error: &Error) -> String {
    let texts = chain(error);
    let plain = texts.iter().rev().find(|text| !text.contains("://") && !text.contains('?') && !text.contains('<') && text.len() < 200);
    plain.cloned().unwrap_or_else(|| "the service's answer is not understood".to_owned())
}

enum Fault {
    NoCredentials,
    Network(String),
    Bucket,
    Missing,
    Expired,
    Credentials,
    Permission,
    Region,
    Busy,
    Whole,
    Elsewhere,
    Other(String),
}

impl Fault {
    fn of(answer: &Answer, error: &Error) -> Self {
        if answer.asked_the_machine {
            return Self::NoCredentials;
        }
        if errors(error).any(|error| error.is::<HttpError>()) {
            return Self::Network(cause(error));
        }
        match answer.code.as_deref().unwrap_or_default() {
            "NoSuchBucket" | "ContainerNotFound" => return Self::Bucket,
            "ExpiredToken" | "TokenRefreshRequired" | "RequestExpired" => return Self::Expired,
            "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" | "AuthenticationFailed" | "InvalidAuthenticationInfo" => {
                return Self::Credentials;
            }
            "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => return Self::Region,
            _ => {}
        }
        match answer.status {
            Some(404) => Self::Missing,
            Some(401) => Self::Credentials,
            Some(403) => Self::Permission,
            Some(301 | 307) => Self::Region,
            Some(429 | 500..) => Self::Busy,
            _ if answer.bare_redirect => Self::Region,
            _ if answer.whole => Self::Whole,
            _ => Self::Other(cause(error)),
        }
    }
}

/// What is told of a failure.
#[derive(Default)]
struct Answer {
    status: Option<u16>,
    /// The service's word for it, such as `NoSuchKey`.
    code: Option<String>,
    bare_redirect: bool,
    /// It has no ranges.
    whole: bool,
    /// The machine's own credentials were asked for, the last resort of the chain.
    asked_the_machine: bool,
}

impl Answer {
    fn of(error: &Error) -> Self {
        let texts = chain(error);
        let has = |part: &str| texts.iter().any(|text| text.contains(part));
        let status = texts.iter().find_map(|text| between(text, "status code: ", ' ')?.parse().ok());
        Self {
            status: status.or(match error {
                Error::NotFound { .. } => Some(404),
                Error::PermissionDenied { .. } => Some(403),
                Error::Unauthenticated { .. } => Some(401),
                _ => None,
            }),
            code: texts.iter().find_map(|text| between(text, "<Code>", '<')).filter(|code| is_word(code)),
            bare_redirect: has("redirect without LOCATION"),
            whole: has("non-partial response") || has("Range request not supported"),
            asked_the_machine: has("http://169.254.169.254") || has("http://metadata"),
        }
    }

    /// ` (404 NoSuchKey)`.
    fn told(&self) -> String {
        let words = self.status.map(|status| status.to_string()).into_iter().chain(self.code.clone()).collect::<Vec<_>>();
        if words.is_empty() { String::new() } else { format!(" ({})", words.join(" ")) }
    }
}

fn chain(error: &Error) -> Vec<String> {
    errors(error).map(ToString::to_string).collect()
}

fn errors<'a>(error: &'a Error) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source())
}

fn between(text: &str, start: &str, end: char) -> Option<String> {
    let (_, rest) = text.split_once(start)?;
    rest.split([end, ':']).next().map(str::to_owned)
}

fn is_word(code: &str) -> bool {
    !code.is_empty() && code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn word(service: Service) -> &'static str {
    if service == Service::Azure { "container" } else { "bucket" }
}

fn credentials_hint(service: Service) -> &'static str {
    match service {
        Service::S3 => "give `storage: {credentials: {accessKeyId: …, secretAccessKey: {env: NAME}}}`, or `none` for a public bucket",
        Service::Azure => "give `storage: {credentials: …}` with accountKey, sasToken, or tenantId, clientId and clientSecret",
        Service::GoogleCloud => "give `storage: {credentials: {serviceAccountKey: {file: KEY.json}}}`, or `none` for a public bucket",
        Service::Web => "give `storage: {credentials: {bearerToken: {env: NAME}}}`",
    }
}
