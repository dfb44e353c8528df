//! Contacts, in the order of their last change, with their tags.

use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

struct Contact {
    email: Box<str>,
    status: Box<str>,
    /// JSON text: a million of them are held.
    merge_fields: Box<str>,
    /// A bit a tag.
    tags: u64,
    /// Its place in the log of changes, and when that was, Unix seconds.
    changed: (usize, i64),
}

#[derive(Default)]
pub struct Held {
    contacts: Vec<Contact>,
    /// The first half of the vendor's id of an address → which contact.
    by_id: HashMap<u64, u32>,
    /// Contacts as they changed; only the last mention of each counts.
    log: Vec<u32>,
    /// Newest first, until something changes.
    sorted: Option<Arc<[u32]>>,
    pub fields: Vec<Value>,
    tags: Vec<Value>,
    pub single_updates: u64,
}

/// What became of one row.
pub enum Done {
    Created(Value),
    Updated(Value),
    Exists,
}

fn id(email: &str) -> [u8; 16] {
    Md5::digest(email.to_lowercase().as_bytes()).into()
}

fn short(id: &[u8; 16]) -> u64 {
    u64::from_be_bytes(std::array::from_fn(|n| id[n]))
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() as i64)
}

impl Held {
    pub fn counts(&self) -> (usize, usize, u64) {
        (self.contacts.len(), self.contacts.iter().filter(|contact| contact.tags & 1 == 1).count(), self.single_updates)
    }

    /// A row of the bulk call.
    pub fn put(&mut self, row: &Value, update_existing: bool) -> Done {
        let email = row["email_address"].as_str().unwrap_or_default();
        let known = self.by_id.get(&short(&id(email))).copied();
        if known.is_some() && !update_existing {
            return Done::Exists;
        }
        let tags = self.mask(row["tags"].as_array().map_or(&[][..], Vec::as_slice));
        let place = known.unwrap_or_else(|| self.create(row));
        let contact = &mut self.contacts[place as usize];
        contact.tags |= tags;
        if known.is_some() {
            contact.merge_fields = row["merge_fields"].to_string().into();
        }
        self.touch(place);
        let shown = self.show(place);
        if known.is_some() { Done::Updated(shown) } else { Done::Created(shown) }
    }

    fn create(&mut self, row: &Value) -> u32 {
        let text = |name: &str| row[name].as_str();
        let email = text("email_address").unwrap_or_default();
        let status = text("status").or(text("status_if_new")).unwrap_or_default();
        let place = self.contacts.len() as u32;
        self.by_id.insert(short(&id(email)), place);
        let merge_fields = row["merge_fields"].to_string().into();
        self.contacts.push(Contact { email: email.into(), status: status.into(), merge_fields, tags: 0, changed: (0, 0) });
        place
    }

    fn touch(&mut self, place: u32) {
        self.contacts[place as usize].changed = (self.log.len(), now());
        self.log.push(place);
        self.sorted = None;
    }

    /// By the vendor's id in hexadecimal.
    pub fn find(&self, hash: &str) -> Option<u32> {
        let id: [u8; 16] = hex::decode(hash).ok()?.try_into().ok()?;
        self.by_id.get(&short(&id)).copied()
    }

    pub fn update(&mut self, place: u32, merge_fields: &Value) {
        self.single_updates += 1;
        self.contacts[place as usize].merge_fields = merge_fields.to_string().into();
        self.touch(place);
    }

    pub fn show(&self, place: u32) -> Value {
        let contact = &self.contacts[place as usize];
        let tags: Vec<_> = self.tags.iter().enumerate().filter(|(n, _)| contact.tags >> n & 1 == 1).map(|(_, tag)| tag).collect();
        json!({
            "id": hex::encode(id(&contact.email)), "email_address": contact.email, "status": contact.status, "email_type": "html",
            "merge_fields": serde_json::from_str::<Value>(&contact.merge_fields).unwrap_or_default(), "vip": false, "member_rating": 2,
            "last_changed": moment(contact.changed.1), "tags_count": tags.len(), "tags": tags, "list_id": "bench",
        })
    }

    /// A page of those who changed since then, newest first, and how many those are.
    pub fn page(&mut self, since: i64, offset: usize, count: usize) -> (Vec<Value>, usize) {
        let sorted = self.newest_first();
        let total = sorted.partition_point(|place| self.contacts[*place as usize].changed.1 >= since);
        let page = sorted[..total].iter().skip(offset).take(count);
        (page.map(|place| self.line(*place)).collect(), total)
    }

    /// What a reading asks for.
    fn line(&self, place: u32) -> Value {
        let contact = &self.contacts[place as usize];
        json!({"email_address": contact.email, "status": contact.status, "last_changed": moment(contact.changed.1)})
    }

    fn newest_first(&mut self) -> Arc<[u32]> {
        let (contacts, log) = (&self.contacts, &self.log);
        let last = |(at, place): &(usize, &u32)| contacts[**place as usize].changed.0 == *at;
        Arc::clone(self.sorted.get_or_insert_with(|| log.iter().enumerate().rev().filter(last).map(|(_, place)| *place).collect()))
    }

    pub fn tags(&self) -> &[Value] {
        &self.tags
    }

    pub fn add_tag(&mut self, name: &Value) -> Value {
        let tag = json!({"id": self.tags.len() + 1, "name": name, "member_count": 0, "type": "static"});
        self.tags.push(tag.clone());
        tag
    }

    fn mask(&mut self, names: &[Value]) -> u64 {
        names.iter().fold(0, |mask, name| {
            let known = self.tags.iter().position(|tag| tag["name"] == *name);
            let place = known.unwrap_or_else(|| {
                self.add_tag(name);
                self.tags.len() - 1
            });
            mask | 1 << place
        })
    }

    /// Tags or untags; who is not there is passed over.
    pub fn tag(&mut self, tag: u64, email: &str, on: bool) -> Option<Value> {
        let place = *self.by_id.get(&short(&id(email)))?;
        let contact = &mut self.contacts[place as usize];
        let bit = 1 << (tag - 1);
        contact.tags = if on { contact.tags | bit } else { contact.tags & !bit };
        self.touch(place);
        Some(json!({"email_address": email, "status": self.contacts[place as usize].status}))
    }
}

fn moment(at: i64) -> String {
    chrono::DateTime::from_timestamp(at, 0).map_or_else(String::new, |at| at.to_rfc3339())
}
