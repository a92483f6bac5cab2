-- What a cluster is called in messages and tokens that outlive it: made once, kept for good.

CREATE TABLE cluster_id
(
    cluster_name varchar(250) PRIMARY KEY,
    id varchar(250) NOT NULL
);

INSERT INTO mimgrains_schema (version, name) VALUES (4, '0004_cluster_id');
