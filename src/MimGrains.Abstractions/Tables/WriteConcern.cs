namespace MimGrains.Tables;

/// <summary>When a write of a table returns. It travels to every live silo in any case.</summary>
public enum WriteConcern
{
    /// <summary>When every live silo that holds the table has applied it.</summary>
    All = 0,

    /// <summary>
    /// When more than half of the live silos that hold the table, this one included, have applied it. One slow silo does not
    /// delay the writers; a read on it may be behind.
    /// </summary>
    Majority = 1,

    /// <summary>
    /// When this silo has applied it. Lost if the silo dies before any other one gets it; for what can be made anew.
    /// </summary>
    Local = 2,
}
