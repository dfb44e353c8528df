-- A state as format 5 left it: a first load, a run that rejected two rows, a plan that is held.
PRAGMA application_id = 1282106736;
PRAGMA user_version = 5;
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  who TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  digest TEXT,
  detail TEXT NOT NULL
) STRICT;
CREATE TABLE budget (
  key TEXT NOT NULL,                   -- what shares the vendor's budget
  day TEXT NOT NULL,                   -- UTC, YYYY-MM-DD
  used INTEGER NOT NULL,
  PRIMARY KEY (key, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE contact (
  place INTEGER NOT NULL,
  key BLOB NOT NULL,
  standing INTEGER NOT NULL,
  origin INTEGER NOT NULL,             -- 0 found, 1 added by us
  archived_from INTEGER,               -- archived by us: the standing it had
  PRIMARY KEY (place, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "contact" VALUES(1,X'10A7B2C50C0EC75259E205C5EC0A74AF',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'10B7FDEBA288B4962B31A2706ECE9252',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'1E92957C7DD524F3C3E13680D0C39FF6',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'242BA2E1ECFA8D1A770CA0BD16FFEC62',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'24CB613CBE94EA89EF11C423BB6CC1A4',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'2968E32E0DB9E8C5D813D414C22D6F0E',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'2D2DB9AC20A2203418C8A3BE1CB30C78',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'617200C6619B68B455C5E13B7A8E3765',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'6B6B4721F0AC7245EE1286089AACC82B',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'7080E9DF92FBB86BBD8D439905C6E73C',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'7757B34F91E029740EA72AD35CF3D1BB',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'8C9F32486290566FE8F419D2EE0C63EA',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'92DDF98D4A1B994E7E6F7954C5889C23',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'9B610CFD3AE40A9B806318D30A15EC31',0,1,NULL);
INSERT INTO "contact" VALUES(1,X'ECB5646FE9F42A8165D806D7C3E81B70',0,1,NULL);
CREATE TABLE contact_id (              -- the vendor's own, where it asks for them
  place INTEGER NOT NULL,
  key BLOB NOT NULL,
  remote TEXT NOT NULL,
  PRIMARY KEY (place, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE contact_spool (           -- pages of a reading in the order they came, until it is complete
  place INTEGER NOT NULL,
  key BLOB NOT NULL,
  standing INTEGER NOT NULL
) STRICT;
CREATE TABLE container (               -- what holds members (Mailchimp: a tag); one export's alone
  place INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
  remote TEXT NOT NULL,
  name TEXT NOT NULL,
  origin INTEGER NOT NULL,
  found_read INTEGER NOT NULL,         -- who was in it before us is recorded
  export INTEGER NOT NULL REFERENCES export (id) ON DELETE CASCADE,
  bit INTEGER,                         -- NULL: no segment uses it any more
  PRIMARY KEY (place, remote),
  UNIQUE (export, bit)
) STRICT, WITHOUT ROWID;
INSERT INTO "container" VALUES(1,'10001','Newsletter readers',0,1,1,0);
INSERT INTO "container" VALUES(1,'10002','Postal mailing USA',0,1,1,1);
CREATE TABLE container_size (          -- the largest of each day
  place INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
  remote TEXT NOT NULL,
  day TEXT NOT NULL,                   -- UTC, YYYY-MM-DD
  members INTEGER NOT NULL,
  PRIMARY KEY (place, remote, day)
) STRICT, WITHOUT ROWID;
INSERT INTO "container_size" VALUES(1,'10001','2026-11-30',15);
INSERT INTO "container_size" VALUES(1,'10002','2026-11-30',2);
CREATE TABLE deleting (                -- deleted, and its onDelete not carried out yet
  export TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE document (                -- the last good text of each definition
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  file TEXT NOT NULL,
  text TEXT NOT NULL,
  digest TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE export (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  place INTEGER REFERENCES place (id)
) STRICT;
INSERT INTO "export" VALUES(1,'contoso-newsletter',1);
CREATE TABLE field (
  place INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  kind TEXT NOT NULL,                  -- JSON
  PRIMARY KEY (place, tag)
) STRICT, WITHOUT ROWID;
INSERT INTO "field" VALUES(1,'FNAME','{"field_type":"text","max_bytes":255,"max_chars":null,"choices":[],"required":false}');
INSERT INTO "field" VALUES(1,'LNAME','{"field_type":"text","max_bytes":255,"max_chars":null,"choices":[],"required":false}');
CREATE TABLE held (
  digest TEXT PRIMARY KEY,
  export TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  reason TEXT NOT NULL,
  text TEXT NOT NULL,
  json TEXT NOT NULL,
  approved_by TEXT,
  approved_ms INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO "held" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78','contoso-newsletter',1796080369323,'12 removals from newsletter-readers are more than guard.maxRemovals allows: 4 of 15 (its largest size in 7 days)','contoso-newsletter → Newsletter account (marketing team) (Mailchimp), audience "Contoso Coffee" (fd336da2b4, 15 contacts)

Segments
  newsletter-readers, tag "Newsletter readers": 15 → 3 members
    - 12 leave: no longer in the segment (e.g. r***@stevenshansen.com, e***@carterllc.com, m***@bautistacase.com)
  postal-mailing-usa, tag "Postal mailing USA": 2 members, no change

People
  - 12 taken out of at least one tag
    3 unchanged

Rows
  5 rows read = 3 unchanged + 2 merged into another row
  merged: 2 of people in several segments

Calls
  1 call: 1 leave; 8 at once, 10 allowed
  no rate is documented; at 1 s a call about 1 s

Note
  * untagging can start automations too, and keeps the contact: still mailable under its status, still billed

! Held by the guard: nothing is sent
!   12 removals from newsletter-readers are more than guard.maxRemovals allows: 4 of 15 (its largest size in 7 days)
      look at the query of newsletter-readers and at its source, or raise guard.maxRemovals
If all of it is right, approve it for 24 hours: listkeeper approve 8542323c9e7e
Plan 8542323c9e7e
','{"held":[{"actual":12,"code":"removals","limit":4,"of":15,"segment":"newsletter-readers"}]}',NULL,NULL);
CREATE TABLE held_removal (            -- what an approval allows to take out
  digest TEXT NOT NULL REFERENCES held (digest) ON DELETE CASCADE,
  key BLOB NOT NULL,
  PRIMARY KEY (digest, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "held_removal" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78',X'10A7B2C50C0EC75259E205C5EC0A74AF');
INSERT INTO "held_removal" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78',X'1E92957C7DD524F3C3E13680D0C39FF6');
INSERT INTO "held_removal" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78',X'242BA2E1ECFA8D1A770CA0BD16FFEC62');
INSERT INTO "held_removal" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78',X'24CB613CBE94EA89EF11C423BB6CC1A4');
INSERT INTO "held_removal" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78',X'2968E32E0DB9E8C5D813D414C22D6F0E');
INSERT INTO "held_removal" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78',X'2D2DB9AC20A2203418C8A3BE1CB30C78');
INSERT INTO "held_removal" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78',X'617200C6619B68B455C5E13B7A8E3765');
INSERT INTO "held_removal" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78',X'6B6B4721F0AC7245EE1286089AACC82B');
INSERT INTO "held_removal" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78',X'7757B34F91E029740EA72AD35CF3D1BB');
INSERT INTO "held_removal" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78',X'8C9F32486290566FE8F419D2EE0C63EA');
INSERT INTO "held_removal" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78',X'92DDF98D4A1B994E7E6F7954C5889C23');
INSERT INTO "held_removal" VALUES('8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78',X'ECB5646FE9F42A8165D806D7C3E81B70');
CREATE TABLE intent (                  -- about to be created: a crash before the answer is recognised by it
  export INTEGER NOT NULL REFERENCES export (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,                  -- place, field, container
  name TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (export, kind, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE job (                     -- accepted by the vendor, or sent with an unknown outcome: to be polled
  id INTEGER PRIMARY KEY,
  export INTEGER NOT NULL REFERENCES export (id) ON DELETE CASCADE,
  run INTEGER NOT NULL,
  remote TEXT NOT NULL,
  operation TEXT NOT NULL,
  rows BLOB NOT NULL,                  -- who is in it, and what was sent of them
  at_ms INTEGER NOT NULL,
  UNIQUE (export, remote)
) STRICT;
CREATE TABLE member (
  export INTEGER NOT NULL,
  key BLOB NOT NULL,                   -- xxh3-128 of the address, big-endian
  segments INTEGER NOT NULL,           -- bits of the segments whose containers we put them in
  found INTEGER NOT NULL,              -- bits of the containers they were in before us
  fingerprint INTEGER,                 -- of the attributes told; NULL: never told
  state INTEGER NOT NULL,              -- 0 applied, 1 rejected, 2 left, 3 leaving, 4 former
  person INTEGER,                      -- xxh3-64 of match.id
  address TEXT NOT NULL,               -- empty for those who left or are former
  refused INTEGER,                     -- fingerprint that was rejected
  code TEXT,
  detail TEXT,
  field TEXT,
  PRIMARY KEY (export, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "member" VALUES(1,X'10A7B2C50C0EC75259E205C5EC0A74AF',1,0,4277542688517230152,0,NULL,'robert_kaucher@stevenshansen.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'10B7FDEBA288B4962B31A2706ECE9252',3,0,641089390305199950,0,NULL,'abbie_moss@collinsreedandhoward.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'1E92957C7DD524F3C3E13680D0C39FF6',1,0,-6911768835979921131,0,NULL,'elizabeth_arpino@carterllc.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'242BA2E1ECFA8D1A770CA0BD16FFEC62',1,0,7342536014235116140,0,NULL,'michael_manni@bautistacase.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'24CB613CBE94EA89EF11C423BB6CC1A4',1,0,7526241618498836598,0,NULL,'lisa_nutting@martinezcarsonandreeves.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'2968E32E0DB9E8C5D813D414C22D6F0E',1,0,7582656574239259198,0,NULL,'michael_lauser@smithinc.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'2D2DB9AC20A2203418C8A3BE1CB30C78',1,0,2350997960575779126,0,NULL,'richard_nakada@jonesholmesandmooney.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'617200C6619B68B455C5E13B7A8E3765',1,0,5484135729920575915,0,NULL,'steven_biondi@salazarbarnesandwilliams.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'6B6B4721F0AC7245EE1286089AACC82B',1,0,472820771235343020,0,NULL,'ruth_wilshusen@hernandezsmith.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'7080E9DF92FBB86BBD8D439905C6E73C',3,0,-5348357686323765925,0,NULL,'anthony_koteles@crawfordsimmonsandgreene.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'7757B34F91E029740EA72AD35CF3D1BB',1,0,-8650695291675152819,0,NULL,'donna_connley@perryscottandjohnson.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'8C9F32486290566FE8F419D2EE0C63EA',1,0,-5852649306646604734,0,NULL,'kenneth_beraun@kimboyle.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'92DDF98D4A1B994E7E6F7954C5889C23',1,0,-3496662861985699055,0,NULL,'linda_sneller@turnerherrera.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'9B610CFD3AE40A9B806318D30A15EC31',1,0,-6452971906314155593,0,NULL,'james_eiler@wilsonjohnsonandchan.com',NULL,NULL,NULL,NULL);
INSERT INTO "member" VALUES(1,X'ECB5646FE9F42A8165D806D7C3E81B70',1,0,7215712544427431206,0,NULL,'michael_glenna@carterplc.com',NULL,NULL,NULL,NULL);
CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  lineage TEXT NOT NULL,               -- random, once: tells this state from any other
  serial INTEGER NOT NULL              -- +1 with every commit that changed what was applied
) STRICT;
INSERT INTO "meta" VALUES(1,'cee31d3cbf52835e60e2bb04b209d84d',8);
CREATE TABLE place (                   -- what holds contacts (Mailchimp: an audience)
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,               -- whose: the account's id at the vendor
  remote TEXT NOT NULL,
  name TEXT NOT NULL,
  origin INTEGER NOT NULL,             -- 0 created, 1 adopted, 2 named by its id
  read_watermark TEXT,                 -- contacts: the last complete reading
  read_at_ms INTEGER,
  read_count INTEGER,
  UNIQUE (account, remote)
) STRICT;
INSERT INTO "place" VALUES(1,'5a4db0c5a4db0c5a4db0c5a4d','fd336da2b4','Contoso Coffee',0,'2026-11-30T22:12:49+00:00',1796080369323,0);
CREATE TABLE prepared (                -- resources were made for this definition
  export TEXT PRIMARY KEY,
  digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE rejected (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  address TEXT,
  segment TEXT NOT NULL,
  code TEXT NOT NULL,
  detail TEXT NOT NULL,
  field TEXT,
  PRIMARY KEY (run, n)
) STRICT, WITHOUT ROWID;
INSERT INTO "rejected" VALUES(3,1,'no-address','newsletter-readers','address-no-at','there is no @ in it',NULL);
INSERT INTO "rejected" VALUES(3,2,'no-address','postal-mailing-usa','address-no-at','there is no @ in it',NULL);
CREATE TABLE rejected_run (            -- whose rows are shown
  export TEXT PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO "rejected_run" VALUES('contoso-newsletter',3);
CREATE TABLE run (                     -- by the export's name: history outlives the export
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  export TEXT NOT NULL,
  trigger TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  ended_ms INTEGER,                    -- NULL: running
  status TEXT,                         -- JSON
  counts TEXT NOT NULL,                -- JSON
  definition_digest TEXT NOT NULL,
  plan_digest TEXT,
  user TEXT NOT NULL,                  -- who ran it
  export_user TEXT                     -- as whom (exportUser)
, due_ms INTEGER) STRICT;
INSERT INTO "run" VALUES(1,'contoso-newsletter','on-demand',1796080345238,1796080345740,'{"status":"succeeded","unverified":0}','{"read":17,"synced":15,"unchanged":0,"rejected":0,"notAddressable":0,"duplicates":2,"acrossSegments":2,"suppressed":0,"noConsent":0,"left":0,"unverified":0,"pending":0,"added":15,"updated":0,"removed":0}','071a3911fdc56fb429a49031363ecff79bb3f4232ed6581b33f76bb586fe54d6','a0cf5d90607e8a5ebde82f7058a761c4ca1897904ea8b6450d5629e219face1d','uid 0',NULL,NULL);
INSERT INTO "run" VALUES(2,'contoso-newsletter','on-demand',1796080359189,1796080359292,'{"status":"held","reason":"12 removals from newsletter-readers are more than guard.maxRemovals allows: 4 of 15 (its largest size in 7 days)"}','{"read":5,"synced":0,"unchanged":3,"rejected":0,"notAddressable":0,"duplicates":2,"acrossSegments":2,"suppressed":0,"noConsent":0,"left":0,"unverified":0,"pending":0,"added":0,"updated":0,"removed":12}','071a3911fdc56fb429a49031363ecff79bb3f4232ed6581b33f76bb586fe54d6','8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78','uid 0',NULL,NULL);
INSERT INTO "run" VALUES(3,'contoso-newsletter','on-demand',1796080359717,1796080359816,'{"status":"succeeded","unverified":0}','{"read":19,"synced":0,"unchanged":15,"rejected":2,"notAddressable":0,"duplicates":2,"acrossSegments":2,"suppressed":0,"noConsent":0,"left":0,"unverified":0,"pending":0,"added":0,"updated":0,"removed":0}','071a3911fdc56fb429a49031363ecff79bb3f4232ed6581b33f76bb586fe54d6','e6ef9b8f77704f11efac1faadd8b63a2c693ef71912d26cad902584ff6d1ea1c','uid 0',NULL,NULL);
INSERT INTO "run" VALUES(4,'contoso-newsletter','on-demand',1796080369323,1796080369379,'{"status":"held","reason":"12 removals from newsletter-readers are more than guard.maxRemovals allows: 4 of 15 (its largest size in 7 days)"}','{"read":5,"synced":0,"unchanged":3,"rejected":0,"notAddressable":0,"duplicates":2,"acrossSegments":2,"suppressed":0,"noConsent":0,"left":0,"unverified":0,"pending":0,"added":0,"updated":0,"removed":12}','071a3911fdc56fb429a49031363ecff79bb3f4232ed6581b33f76bb586fe54d6','8542323c9e7ed8e564eee13bd51a5aa753c6c6192cc218b1667bd0d5b468ae78','uid 0',NULL,NULL);
CREATE TABLE schedule (                -- the last due time dealt with
  export TEXT PRIMARY KEY,
  rule TEXT NOT NULL,                  -- the schedule it is about
  handled_ms INTEGER NOT NULL,
  pending_ms INTEGER                   -- a due time taken, its run not begun
) STRICT, WITHOUT ROWID;
CREATE TABLE segment (
  export INTEGER NOT NULL REFERENCES export (id) ON DELETE CASCADE,
  bit INTEGER NOT NULL CHECK (bit BETWEEN 0 AND 62),
  name TEXT NOT NULL,
  PRIMARY KEY (export, bit),
  UNIQUE (export, name)
) STRICT, WITHOUT ROWID;
INSERT INTO "segment" VALUES(1,0,'newsletter-readers');
INSERT INTO "segment" VALUES(1,1,'postal-mailing-usa');
CREATE TABLE settled (                 -- what a whole comparison found equal, and at which serial
  export INTEGER PRIMARY KEY REFERENCES export (id) ON DELETE CASCADE,
  serial INTEGER NOT NULL,
  digest BLOB NOT NULL,
  tally TEXT NOT NULL
) STRICT;
INSERT INTO "settled" VALUES(1,8,X'8F707BFCA47851CFEB68BCC38349214A','{"new":0,"updated":0,"moved":0,"unchanged":15,"rejected_before":0,"left":0,"protected":0,"before":{"0":15,"1":2},"joins":{},"leaves":{},"suppressed_leaves":{},"leavers":0,"leaving":0}');
CREATE TABLE token (
  connection TEXT PRIMARY KEY,
  vendor TEXT NOT NULL,                -- they are good for this vendor,
  endpoint TEXT NOT NULL,              -- this authorization server
  client_id TEXT NOT NULL,             -- and this app, and sent nowhere else
  access TEXT NOT NULL,
  refresh TEXT,                        -- NULL: nothing to renew
  obtained_ms INTEGER NOT NULL,
  expires_ms INTEGER,                  -- of the access token; NULL: never
  account TEXT,                        -- whose it is, for people
  api TEXT                             -- where the account's API is
) STRICT, WITHOUT ROWID;
CREATE INDEX export_place ON export (place);
CREATE INDEX member_person ON member (export, person) WHERE person IS NOT NULL;
CREATE INDEX run_export ON run (export, id);
CREATE INDEX rejected_run_run ON rejected_run (run);
CREATE INDEX held_export ON held (export);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('run',4);
COMMIT;
