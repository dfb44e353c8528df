//! Every call that is made, with the limit that holds for it: the vendor's published one, or, where none is published for
//! the list calls, that of its like (the bulk update).

use crate::http::{Lane, Method, Rate};

#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub method: Method,
    /// Below the base; `{listId}` stands for a list's id.
    pub path: &'static str,
    pub lane: Lane,
}

pub(super) const LISTS: Route = Route { method: Method::Get, path: "/lists", lane: a_second("lists", 100) };
pub(super) const NEW_LIST: Route = Route { method: Method::Post, ..LISTS };
pub(super) const DELETE_LIST: Route = Route { method: Method::Delete, path: "/lists/{listId}", ..LISTS };
pub(super) const SUBSCRIBE: Route = Route { method: Method::Post, path: "/lists/subscribe", lane: a_second("subscribe", WRITES_A_SECOND) };
pub(super) const UNSUBSCRIBE: Route =
    Route { method: Method::Post, path: "/lists/unsubscribe", lane: a_second("unsubscribe", WRITES_A_SECOND) };
pub(super) const BULK_UPDATE: Route =
    Route { method: Method::Post, path: "/users/bulkUpdate", lane: a_second("bulkUpdate", WRITES_A_SECOND) };
pub(super) const MEMBERS: Route = Route { method: Method::Get, path: "/lists/getUsers", lane: READING };
pub(super) const SIZE: Route = Route { method: Method::Get, path: "/lists/{listId}/size", lane: READING };
pub(super) const USER: Route = Route { method: Method::Get, path: "/users/getByEmail", lane: a_second("getByEmail", 100) };
pub(super) const FIELDS: Route = Route { method: Method::Get, path: "/users/getFields", lane: a_second("getFields", 3) };
pub(super) const FORGOTTEN: Route = Route { method: Method::Get, path: "/users/forgotten", lane: a_second("forgotten", 3) };

/// The calls that write users in bulk.
const WRITES: [&str; 3] = ["subscribe", "unsubscribe", "bulkUpdate"];
const WRITES_A_SECOND: u32 = 5;

impl Route {
    /// With `limits.perSecond` above what the vendor documents, as a contract may allow, the bulk calls go as fast as that. What
    /// reads members does not.
    pub(super) fn lane(&self, per_second: Option<u32>) -> Lane {
        let raised = per_second.filter(|ours| *ours > WRITES_A_SECOND && WRITES.contains(&self.lane.name));
        raised.map_or(self.lane, |ours| self.lane.scaled(ours, WRITES_A_SECOND))
    }
}

/// Five a minute; whether the two calls that read members have five each is not said, so they share them.
const READING: Lane = Lane { name: "members", rate: Rate::a_minute(5) };

const fn a_second(name: &'static str, calls: u32) -> Lane {
    Lane { name, rate: Rate::a_second(calls) }
}
