namespace MimGrains.Cets.Tables;

internal abstract partial class TableHost
{
    // The lock is given back after so many records.
    private const int ExpiriesPerTurn = 256;

    /// <summary>Deletes the records that have expired and are this silo's to delete.</summary>
    /// <returns>Whether something was written.</returns>
    public bool ExpireRecords()
    {
        if (ClosedReason is not null || IsPaused)
        {
            return false;
        }

        var before = Locked(table => table.LastSequence);
        while (Locked(table => table.ExpireRecords(NowMicros(), ExpiriesPerTurn)) == ExpiriesPerTurn)
        {
            // More of them are due.
        }

        return Locked(table => table.LastSequence) > before;
    }
}
