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
INSERT INTO "events" VALUES(1,'2026-11-20T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,NULL,'intended',NULL,NULL);
INSERT INTO "events" VALUES(2,'2026-11-20T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'intended','sending',NULL,NULL);
INSERT INTO "events" VALUES(3,'2026-11-20T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'sending','sent','019da11f-aeb7-7301-8000-000000000001',NULL);
INSERT INTO "events" VALUES(4,'2026-11-20T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'sent','completed','019da11f-aeb7-7301-8000-000000000001',NULL);
INSERT INTO "events" VALUES(5,'2026-11-20T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'completed','completed','019da11f-aeb7-7301-8000-000000000001','charged 0.42 USD (billable units, 0.14 USD a unit)');
INSERT INTO "events" VALUES(6,'2026-11-20T12:00:00.000+00:00','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',2,NULL,'intended',NULL,NULL);
CREATE TABLE facts (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "facts" VALUES('version','2');
INSERT INTO "facts" VALUES('ledger','00000000000000000000000000000001');
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
INSERT INTO "takes" VALUES(1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'dawn','fal-ai/kling-video/v3/standard/image-to-video','completed',5,'2026-11-20T12:00:00.000+00:00','00000000000000000000000000000002','seeds','1.26','{"prompt": "a bowl"}','2026-11-20T12:00:00.000+00:00',NULL,'019da11f-aeb7-7301-8000-000000000001','https://queue.fal.run/fal-ai/kling-video/requests/019da11f-aeb7-7301-8000-000000000001/status','https://queue.fal.run/fal-ai/kling-video/requests/019da11f-aeb7-7301-8000-000000000001','https://queue.fal.run/fal-ai/kling-video/requests/019da11f-aeb7-7301-8000-000000000001/cancel','https://v3b.fal.media/files/a.mp4',1000,NULL,'3.0',NULL,1,NULL,NULL,NULL,'0.14','0.42','billable units','8e562f34ab61067ae087400928b8680034b2916b4db77d40e35befcafa01fd46');
INSERT INTO "takes" VALUES(2,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',2,'noon','fal-ai/kling-video/v3/standard/image-to-video','intended',5,'2026-11-20T12:00:00.000+00:00','00000000000000000000000000000003','seeds',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,'b87249fa08b667e2ca7ce751a85818d25d2a468ff9094c263d67080dcb30bef8');
CREATE TABLE uploads (
	sha256 TEXT NOT NULL, 
	url TEXT NOT NULL, 
	uploaded_at TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	PRIMARY KEY (sha256)
);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('takes',2);
INSERT INTO "sqlite_sequence" VALUES('events',6);
COMMIT;
