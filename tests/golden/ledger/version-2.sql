BEGIN TRANSACTION;
CREATE TABLE events (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	take INTEGER NOT NULL, 
	was TEXT, 
	state TEXT NOT NULL, 
	request_id TEXT, 
	note TEXT
);
INSERT INTO "events" VALUES(1,'2026-10-30T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,NULL,'intended',NULL,NULL);
INSERT INTO "events" VALUES(2,'2026-10-30T12:00:00.000+00:00','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,NULL,'intended',NULL,NULL);
INSERT INTO "events" VALUES(3,'2026-10-30T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'intended','sending',NULL,NULL);
INSERT INTO "events" VALUES(4,'2026-10-30T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'sending','unknown',NULL,'no answer');
INSERT INTO "events" VALUES(5,'2026-10-30T12:00:00.000+00:00','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,'intended','sending',NULL,NULL);
INSERT INTO "events" VALUES(6,'2026-10-30T12:00:00.000+00:00','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,'sending','sent','id-b',NULL);
INSERT INTO "events" VALUES(7,'2026-10-30T12:00:00.000+00:00','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,'sent','failed','id-b','HTTP 500');
INSERT INTO "events" VALUES(8,'2026-10-30T12:00:00.000+00:00','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,'failed','failed','id-b','charged 0.30 USD (billing events, 0.14 USD a unit)');
INSERT INTO "events" VALUES(9,'2026-11-02T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'unknown','intended',NULL,'a person decided to send it again');
INSERT INTO "events" VALUES(10,'2026-11-02T12:00:00.000+00:00','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,'failed','intended','id-b','a person decided to send it again');
INSERT INTO "events" VALUES(11,'2026-11-02T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'intended','sending',NULL,NULL);
INSERT INTO "events" VALUES(12,'2026-11-02T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'sending','sent','id-a2',NULL);
CREATE TABLE facts (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "facts" VALUES('version','2');
INSERT INTO "facts" VALUES('ledger','00000000000000000000000000000002');
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
INSERT INTO "takes" VALUES(1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'dawn','fal-ai/kling-video/v3/standard/text-to-video','sent',5,'2026-10-30T12:00:00.000+00:00','00000000000000000000000000000005','observed-2026-10','0.42','{}','2026-11-02T12:00:00.000+00:00',NULL,'id-a2','https://queue.fal.run/fal-ai/kling-video/v3/standard/text-to-video/requests/id-a2/status','https://queue.fal.run/fal-ai/kling-video/v3/standard/text-to-video/requests/id-a2','https://queue.fal.run/fal-ai/kling-video/v3/standard/text-to-video/requests/id-a2/cancel',NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,NULL,NULL,NULL,NULL,'a9c5ebaff12c43812bfc197ecb7bd6c45d226f7d9ac30237b7647501c93e2f0f');
INSERT INTO "takes" VALUES(2,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,'noon','fal-ai/kling-video/v3/standard/text-to-video','intended',5,'2026-10-30T12:00:00.000+00:00','00000000000000000000000000000006','seeds','0.84','{}','2026-10-30T12:00:00.000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'HTTP 500',1,NULL,NULL,NULL,NULL,NULL,NULL,'bfb1f4cb4c6914ce495622fd6c5afb6c2717bce598972fce5582102f4f6931a8');
CREATE TABLE uploads (
	sha256 TEXT NOT NULL, 
	url TEXT NOT NULL, 
	uploaded_at TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	PRIMARY KEY (sha256)
);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('takes',2);
INSERT INTO "sqlite_sequence" VALUES('events',12);
COMMIT;
