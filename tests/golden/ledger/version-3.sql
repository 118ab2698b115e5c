BEGIN TRANSACTION;
CREATE TABLE events (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	take INTEGER NOT NULL, 
	was TEXT, 
	state TEXT NOT NULL, 
	request_id TEXT, 
	note TEXT, 
	sent_at TEXT, 
	price_book TEXT, 
	estimate TEXT, 
	unit_price TEXT, 
	charge TEXT, 
	charged_by TEXT
);
INSERT INTO "events" VALUES(1,'2026-11-24T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,NULL,'intended',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(2,'2026-11-24T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'intended','sending',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(3,'2026-11-24T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'sending','sent','id-a1',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(4,'2026-11-24T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'sent','failed','id-a1','HTTP 500',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(5,'2026-11-24T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'failed','failed','id-a1','charged 0.30 USD (billing events, 0.14 USD a unit)',NULL,NULL,NULL,'0.14','0.30','billing events');
INSERT INTO "events" VALUES(6,'2026-11-25T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'failed','intended','id-a1','a person decided to send it again','2026-11-24T12:00:00.000+00:00','seeds','0.84','0.14','0.30','billing events');
INSERT INTO "events" VALUES(7,'2026-11-25T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'intended','sending',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(8,'2026-11-25T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'sending','sent','id-a2',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(9,'2026-11-25T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'sent','completed','id-a2',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(10,'2026-11-25T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'completed','completed','id-a2','charged 0.42 USD (billable units, 0.14 USD a unit)',NULL,NULL,NULL,'0.14','0.42','billable units');
INSERT INTO "events" VALUES(11,'2026-11-25T12:00:00.000+00:00','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',2,NULL,'intended',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE facts (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "facts" VALUES('version','3');
INSERT INTO "facts" VALUES('ledger','00000000000000000000000000000003');
CREATE TABLE takes (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	digest TEXT NOT NULL, 
	take INTEGER NOT NULL, 
	scene TEXT NOT NULL, 
	endpoint TEXT NOT NULL, 
	state TEXT NOT NULL, 
	seconds INTEGER NOT NULL, 
	created_at TEXT NOT NULL, 
	intent TEXT NOT NULL, 
	price_book TEXT, 
	estimate TEXT, 
	body TEXT, 
	sent_at TEXT, 
	seen_id TEXT, 
	request_id TEXT, 
	status_url TEXT, 
	response_url TEXT, 
	cancel_url TEXT, 
	clip_url TEXT, 
	file_size INTEGER, 
	clip TEXT, 
	billable_units TEXT, 
	error TEXT, 
	maybe_billed BOOLEAN NOT NULL, 
	warnings TEXT, 
	origin TEXT, 
	finished_at TEXT, 
	unit_price TEXT, 
	charge TEXT, 
	charged_by TEXT, 
	seal TEXT, 
	CONSTRAINT one_writer_wins UNIQUE (digest, take), 
	UNIQUE (request_id)
);
INSERT INTO "takes" VALUES(1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'dawn','fal-ai/kling-video/v3/standard/image-to-video','completed',5,'2026-11-24T12:00:00.000+00:00','00000000000000000000000000000003','observed-2026-10','0.42','{}','2026-11-25T12:00:00.000+00:00',NULL,'id-a2','https://queue.fal.run/r/id-a2/status','https://queue.fal.run/r/id-a2','https://queue.fal.run/r/id-a2/cancel','https://v3.fal.media/files/a.mp4',1234,NULL,'3',NULL,1,NULL,NULL,NULL,'0.14','0.42','billable units','81ffb8383c42754b412aed02399720cb7d9d0ff49363b33ed055bb38a469d9ab');
INSERT INTO "takes" VALUES(2,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',2,'noon','fal-ai/kling-video/v3/standard/image-to-video','intended',5,'2026-11-25T12:00:00.000+00:00','00000000000000000000000000000004','seeds','1.26',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,'405efafc6d9532f957635a8fdd370a4150ddc5055592ef39fdcf4b459f3f983f');
CREATE TABLE uploads (
	sha256 TEXT NOT NULL, 
	url TEXT NOT NULL, 
	uploaded_at TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	PRIMARY KEY (sha256)
);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('takes',2);
INSERT INTO "sqlite_sequence" VALUES('events',11);
COMMIT;
