-- What a cluster is called in messages and tokens that outlive it: made once, kept for good.

CREATE TABLE cluster_id
(
    cluster_name TEXT PRIMARY KEY,
    id TEXT NOT NULL
);

INSERT INTO mimgrains_schema (version, name) VALUES (4, '0004_cluster_id');
