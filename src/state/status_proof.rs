//! Whether updates were seen to keep a contact's subscription status, by audience and status.

use super::{PlaceRow, Result, StateError, Store, View, sql};
use crate::platform::SubscriptionStatus;
use chrono::{DateTime, NaiveDateTime, Utc};
use rusqlite::params;

const AT: &str = "%Y-%m-%dT%H:%M:%S";

/// One contact that was updated and read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusProof {
    pub standing: SubscriptionStatus,
    /// What it was afterwards.
    pub became: SubscriptionStatus,
    /// The address, masked; empty where the status was kept.
    pub who: String,
    pub at: DateTime<Utc>,
    /// The connection's `privacy.acceptedOn` at the time.
    pub accepted_on: NaiveDateTime,
}

impl StatusProof {
    pub fn is_kept(&self) -> bool {
        self.standing == self.became
    }
}

impl Store {
    /// In place of what was seen of this status before.
    pub fn record_status_proof(&mut self, place: PlaceRow, proof: &StatusProof) -> Result<()> {
        let StatusProof { standing, became, who, at, accepted_on } = proof;
        self.note(|conn| {
            let sql = "INSERT OR REPLACE INTO status_proof VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let accepted_on = accepted_on.format(AT).to_string();
            conn.execute(sql, params![place.0, standing.code(), became.code(), who, sql::millis(*at), accepted_on])?;
            Ok(())
        })
    }
}

impl View {
    /// What was seen so far, at most one for each status.
    pub fn status_proofs(&self, place: PlaceRow) -> Result<Vec<StatusProof>> {
        let sql = "SELECT standing, became, who, at_ms, accepted_on FROM status_proof WHERE place = ?1 ORDER BY standing";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([place.0])?;
        let mut proofs = Vec::new();
        while let Some(row) = rows.next()? {
            let standing = |n| {
                let code: u8 = row.get(n)?;
                SubscriptionStatus::from_code(code).ok_or_else(|| StateError::damaged(format!("a status of {code}")))
            };
            let accepted_on: String = row.get(4)?;
            let accepted_on =
                NaiveDateTime::parse_from_str(&accepted_on, AT).map_err(|_| StateError::damaged(format!("a consent of {accepted_on}")))?;
            proofs.push(StatusProof {
                standing: standing(0)?,
                became: standing(1)?,
                who: row.get(2)?,
                at: sql::time(row.get(3)?)?,
                accepted_on,
            });
        }
        Ok(proofs)
    }
}
