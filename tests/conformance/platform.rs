//! The vendors, as far as the scenarios must tell them apart.

use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One vendor: what a definition says of it, and how to ask it who is where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    Mailchimp,
    Omnisend,
    ConstantContact,
    Iterable,
}

use Platform::{ConstantContact, Iterable, Mailchimp, Omnisend};

impl Platform {
    /// As `type:` and the stand-in's paths have it.
    pub fn name(self) -> &'static str {
        match self {
            Mailchimp => "mailchimp",
            Omnisend => "omnisend",
            ConstantContact => "constant-contact",
            Iterable => "iterable",
        }
    }

    /// More lines of the connection. The sandbox's time is fast, so that calls a few milliseconds late would count: slower than
    /// the vendor allows.
    pub fn limits(self) -> &'static str {
        match self {
            Mailchimp => "",
            Omnisend => "limits: {perMinute: 300}\n",
            ConstantContact | Iterable => "limits: {perSecond: 3}\n",
        }
    }

    pub fn target(self, more: &str) -> String {
        let own = match self {
            Mailchimp => "audienceId: cdp",
            Omnisend => "segment: true",
            ConstantContact => "list: Everyone",
            Iterable => "",
        };
        let fields: Vec<_> = [own, more].into_iter().filter(|part| !part.is_empty()).collect();
        format!("target: {{{}}}\n", fields.join(", "))
    }

    pub fn adopt(self) -> &'static str {
        match self {
            Mailchimp | Omnisend => "adopt: {tags: true}",
            ConstantContact | Iterable => "adopt: {lists: true}",
        }
    }

    pub fn attributes(self) -> &'static str {
        match self {
            Mailchimp => "attributes: {FNAME: First, VALUE: {column: Value, type: number}}\n",
            Omnisend => "attributes: {firstName: First, value: {column: Value, type: number}}\n",
            ConstantContact => "attributes: {first_name: First, value: {column: Value, type: number}}\n",
            Iterable => "attributes: {firstName: {column: First, type: text}, value: {column: Value, type: number}}\n",
        }
    }

    pub fn new_contacts(self) -> &'static str {
        match self {
            Mailchimp => "newContacts: {status: subscribed}\n",
            Omnisend => "newContacts: {status: non-subscribed}\n",
            ConstantContact | Iterable => "",
        }
    }

    /// What the container of the segment `everyone` is called.
    pub fn container(self) -> &'static str {
        if self == Omnisend { "everyone" } else { "Everyone" }
    }

    /// A changed display name renames the container.
    pub fn renames(self) -> bool {
        matches!(self, Mailchimp | ConstantContact)
    }

    /// Someone whom the platform refuses as a member.
    pub fn refuse(self, world: &World, email: &str) {
        let is = match self {
            Mailchimp | Iterable => "forgotten",
            Omnisend => "refused",
            ConstantContact => "refused-row",
        };
        self.person(world, email, json!(is));
    }

    /// Someone who unsubscribed before we came.
    pub fn unsubscribe(self, world: &World, email: &str) {
        self.person(world, email, json!(if self == Mailchimp { "unsubscribed-by-self" } else { "unsubscribed" }));
    }

    fn person(self, world: &World, email: &str, is: Value) {
        let mut person = json!({"email": email, "is": is});
        if self == Mailchimp {
            person["list"] = json!("cdp");
        }
        world.sandbox.set_person(self.name(), &person).unwrap();
    }

    /// Whether the platform keeps somebody from mail, however it says so.
    pub async fn is_unsubscribed(self, world: &World, email: &str) -> bool {
        let at = email.replace('@', "%40");
        match self {
            Mailchimp => world.get(&format!("/lists/cdp/members/{at}")).await["status"] == "unsubscribed",
            Omnisend => world.get(&format!("/contacts?email={at}")).await["contacts"][0]["status"] == "unsubscribed",
            ConstantContact => {
                let found = world.get(&format!("/contacts?email={at}&status=all")).await;
                found["contacts"][0]["email_address"]["permission_to_send"] == "unsubscribed"
            }
            Iterable => {
                let found = world.get(&format!("/users/getByEmail?email={at}")).await;
                found["user"]["dataFields"]["unsubscribedChannelIds"].as_array().is_some_and(|ids| !ids.is_empty())
            }
        }
    }

    /// Somebody else makes the container `everyone` with this member in it.
    pub async fn occupy(self, world: &World, email: &str) {
        match self {
            Mailchimp => {
                let member = json!({"members": [{"email_address": email, "status": "subscribed"}]});
                world.ask("POST", "/lists/cdp", member).await;
                world.ask("POST", "/lists/cdp/segments", json!({"name": "Everyone", "static_segment": [email]})).await;
            }
            Omnisend => {
                let person = json!({"email": email, "is": "non-subscribed", "tags": ["everyone"]});
                world.sandbox.set_person(self.name(), &person).unwrap();
            }
            ConstantContact => {
                let list = world.ask("POST", "/contact_lists", json!({"name": "Everyone"})).await;
                let person = json!({"email": email, "list": list["list_id"], "is": "on-list"});
                world.sandbox.set_person(self.name(), &person).unwrap();
            }
            Iterable => {
                let list = world.ask("POST", "/lists", json!({"name": "Everyone"})).await;
                let person = json!({"email": email, "is": {"on-list": list["listId"]}});
                world.sandbox.set_person(self.name(), &person).unwrap();
            }
        }
    }

    /// Addresses in the container of this name; `None`: there is none.
    pub async fn members(self, world: &World, container: &str) -> Option<BTreeSet<String>> {
        match self {
            Mailchimp => mailchimp(world, container).await,
            Omnisend => omnisend(world, container).await,
            ConstantContact => constant_contact(world, container).await,
            Iterable => iterable(world, container).await,
        }
    }
}

fn addresses(list: &Value, pointer: &str) -> BTreeSet<String> {
    let rows = list.as_array().cloned().unwrap_or_default();
    rows.iter().map(|row| row.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()).collect()
}

fn named<'a>(list: &'a Value, name: &str) -> Option<&'a Value> {
    list.as_array()?.iter().find(|one| one["name"] == name)
}

async fn mailchimp(world: &World, container: &str) -> Option<BTreeSet<String>> {
    let tags = world.get("/lists/cdp/segments?type=static&count=1000").await;
    let id = named(&tags["segments"], container)?["id"].clone();
    let members = world.get(&format!("/lists/cdp/segments/{id}/members?count=1000&include_unsubscribed=true")).await;
    Some(addresses(&members["members"], "/email_address"))
}

async fn omnisend(world: &World, container: &str) -> Option<BTreeSet<String>> {
    let (mut found, mut after) = (BTreeSet::new(), String::new());
    loop {
        let page = world.get(&format!("/contacts?tag={}&limit=250{after}", container.replace(' ', "%20"))).await;
        found.extend(addresses(&page["contacts"], "/email"));
        match page["paging"]["cursors"]["after"].as_str() {
            Some(cursor) if page["paging"]["hasMore"] == true => after = format!("&after={cursor}"),
            _ => return (!found.is_empty()).then_some(found),
        }
    }
}

async fn constant_contact(world: &World, container: &str) -> Option<BTreeSet<String>> {
    let lists = world.get("/contact_lists?limit=500").await;
    let id = named(&lists["lists"], container)?["list_id"].as_str()?.to_owned();
    let members = world.get(&format!("/contacts?lists={id}&status=all&limit=500")).await;
    Some(addresses(&members["contacts"], "/email_address/address"))
}

async fn iterable(world: &World, container: &str) -> Option<BTreeSet<String>> {
    let lists = world.get("/lists").await;
    let id = named(&lists["lists"], container)?["id"].clone();
    let text = world.text(&format!("/lists/getUsers?listId={id}")).await;
    Some(text.lines().map(str::to_owned).collect())
}
