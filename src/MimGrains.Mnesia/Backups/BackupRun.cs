using MimGrains.Persistent;

namespace MimGrains.Mnesia.Backups;

// one transaction: read locks on all tables -> their records as references -> locks go; then written to the file at leisure
/// <summary>Writes a backup or a dump of one moment.</summary>
internal sealed class BackupRun(ITransactions transactions, BackupSettings settings)
{
    private const int BatchRecords = 1_000;

    public async Task<BackupInfo> RunAsync(
        IReadOnlyList<BackupTable> tables,
        BackupHeader header,
        IBackupWriter writer,
        bool isText,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken)
    {
        var cuts = await CutAsync(tables, cancellationToken);
        await writer.BeginAsync(header, cancellationToken);
        List<BackupTableInfo> done = [];
        var records = 0L;
        foreach (var cut in cuts)
        {
            var table = cut.Table.Header;
            await writer.BeginTableAsync(table, cancellationToken);
            for (var first = 0; first < cut.Count; first += BatchRecords)
            {
                var batch = Enumerable.Range(first, Math.Min(BatchRecords, cut.Count - first))
                    .Select(place => isText ? cut.Text(place) : cut.Binary(place)).ToList();
                await writer.WriteAsync(batch, cancellationToken);
                records += batch.Count;
                progress?.Report(new BackupProgress(table.Name, records, writer.SizeBytes));
                cancellationToken.ThrowIfCancellationRequested();
            }

            await writer.EndTableAsync(cancellationToken);
            progress?.Report(new BackupProgress(table.Name, records, writer.SizeBytes));
            done.Add(new BackupTableInfo(table.Name, table.Description, cut.Count));
        }

        await writer.CompleteAsync(cancellationToken);
        return new BackupInfo(header.CreatedAt, header.Nodes, done);
    }

    // Writers wait for as long as this takes, which is without the file: references are taken, nothing is encoded.
    private Task<List<TableCut>> CutAsync(IReadOnlyList<BackupTable> tables, CancellationToken cancellationToken) =>
        transactions.TransactionAsync(
            async transaction =>
            {
                // All locks before the first record: so all tables are of the moment when the last lock was there.
                foreach (var table in tables)
                {
                    await transaction.LockTableAsync(table.Definition, LockKind.Read);
                }

                List<TableCut> cuts = [];
                foreach (var table in tables)
                {
                    cuts.Add(await table.CutAsync(transaction));
                }

                return cuts;
            },
            new TransactionOptions { Timeout = settings.Timeout },
            cancellationToken);
}
