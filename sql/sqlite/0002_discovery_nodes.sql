-- Which nodes a cluster has: name, small number, published address, and when the node last said that it is there.

CREATE TABLE discovery_nodes
(
    cluster_name TEXT NOT NULL,
    node_name TEXT PRIMARY KEY,
    node_num INTEGER NOT NULL CHECK (node_num > 0),
    address TEXT NOT NULL DEFAULT '',
    updated_timestamp INTEGER NOT NULL
);

CREATE UNIQUE INDEX i_discovery_nodes_cluster_num ON discovery_nodes (cluster_name, node_num);

INSERT INTO mimgrains_schema (version, name) VALUES (2, '0002_discovery_nodes');
