-- Which nodes a cluster has: name, small number, published address, and when the node last said that it is there.

CREATE TABLE discovery_nodes
(
    cluster_name varchar(250) NOT NULL,
    node_name varchar(250) PRIMARY KEY,
    node_num integer NOT NULL CHECK (node_num > 0),
    address varchar(250) NOT NULL DEFAULT '',
    updated_timestamp bigint NOT NULL
);

CREATE UNIQUE INDEX i_discovery_nodes_cluster_num ON discovery_nodes (cluster_name, node_num);

INSERT INTO mimgrains_schema (version, name) VALUES (2, '0002_discovery_nodes');
