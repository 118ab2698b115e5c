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
INSERT INTO "events" VALUES(1,'2026-11-26T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,NULL,'intended',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(2,'2026-11-26T12:00:00.000+00:00','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,NULL,'intended',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(3,'2026-11-26T12:00:00.000+00:00','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',1,NULL,'intended',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(4,'2026-11-26T12:00:00.000+00:00','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd',1,NULL,'intended',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(5,'2026-11-26T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'intended','sending',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(6,'2026-11-26T12:00:00.000+00:00','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'sending','sent','id-a',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(7,'2026-11-26T12:00:00.000+00:00','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,'intended','sending',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(8,'2026-11-26T12:00:00.000+00:00','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,'sending','unknown',NULL,'no answer',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(9,'2026-11-26T12:00:00.000+00:00','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',1,'intended','sending',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(10,'2026-11-26T12:00:00.000+00:00','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',1,'sending','sent','id-c',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(11,'2026-11-26T12:00:00.000+00:00','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',1,'sent','completed','id-c',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(12,'2026-11-26T12:00:00.000+00:00','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',1,'completed','completed','id-c','charged 0.84 USD (billable units, 0.14 USD a unit)',NULL,NULL,NULL,'0.14','0.84','billable units');
CREATE TABLE facts (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "facts" VALUES('version','4');
INSERT INTO "facts" VALUES('ledger','00000000000000000000000000000004');
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
	voice TEXT, 
	seal TEXT, 
	CONSTRAINT one_writer_wins UNIQUE (digest, take), 
	UNIQUE (request_id)
);
INSERT INTO "takes" VALUES(1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'dawn','fal-ai/kling-video/v3/standard/image-to-video','sent',5,'2026-11-26T12:00:00.000+00:00','00000000000000000000000000000005','seeds','0.84','{}','2026-11-26T12:00:00.000+00:00',NULL,'id-a','https://queue.fal.run/fal-ai/kling-video/requests/id-a/status','https://queue.fal.run/fal-ai/kling-video/requests/id-a','https://queue.fal.run/fal-ai/kling-video/requests/id-a/cancel',NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'4af19613def9c2199ff5cb99e10309dc11f01fb8339897b410ed7fe1631e224d');
INSERT INTO "takes" VALUES(2,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,'noon','fal-ai/kling-video/v3/standard/image-to-video','unknown',5,'2026-11-26T12:00:00.000+00:00','00000000000000000000000000000006','seeds','0.84','{}','2026-11-26T12:00:00.000+00:00',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'no answer',1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'5a78b1c787bee226dee08ea991d19e13d6d94a51b3a7731415c73c54b5755c43');
INSERT INTO "takes" VALUES(3,'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',1,'dusk','fal-ai/kling-video/v3/standard/image-to-video','completed',5,'2026-11-26T12:00:00.000+00:00','00000000000000000000000000000007','seeds','0.84','{}','2026-11-26T12:00:00.000+00:00',NULL,'id-c','https://queue.fal.run/fal-ai/kling-video/requests/id-c/status','https://queue.fal.run/fal-ai/kling-video/requests/id-c','https://queue.fal.run/fal-ai/kling-video/requests/id-c/cancel','https://v3.fal.media/c.mp4',7,NULL,'6',NULL,1,NULL,NULL,NULL,'0.14','0.84','billable units',NULL,'b253059196fed74dc8fb42613d49fa85def6b23a62eec47a91320b26d8634136');
INSERT INTO "takes" VALUES(4,'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd',1,'night','fal-ai/kling-video/v3/standard/image-to-video','intended',5,'2026-11-26T12:00:00.000+00:00','00000000000000000000000000000008','seeds','0.84',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'0c10fc7641c8d6200b70d564cc49575e288af23c97ab78da3014714f9b3ba6d6');
CREATE TABLE uploads (
	sha256 TEXT NOT NULL, 
	url TEXT NOT NULL, 
	uploaded_at TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	PRIMARY KEY (sha256)
);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('takes',4);
INSERT INTO "sqlite_sequence" VALUES('events',12);
COMMIT;
