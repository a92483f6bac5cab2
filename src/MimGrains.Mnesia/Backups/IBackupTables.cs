namespace MimGrains.Mnesia.Backups;

/// <summary>The tables of this silo as backups see them.</summary>
internal interface IBackupTables
{
    /// <summary>The names of all, ascending.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Returns a table; null if there is none of that name.</summary>
    BackupTable? Find(string name);
}

/// <summary>What a backup says of the cluster, and who this node is in it.</summary>
internal interface IBackupNodes
{
    /// <summary>This node's name.</summary>
    string Own { get; }

    /// <summary>The names of the cluster's nodes, ascending.</summary>
    IReadOnlyList<string> All { get; }
}
