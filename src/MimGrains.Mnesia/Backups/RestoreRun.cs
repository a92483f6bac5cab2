using MimGrains.Persistent;

namespace MimGrains.Mnesia.Backups;

// read all of the file, every record as what the table takes -> nothing wrong: few records: one transaction; many: one
// after another
/// <summary>Brings the tables of a backup or a dump back.</summary>
internal sealed class RestoreRun(
    IBackupTables tables,
    ITransactions transactions,
    BackupSettings settings,
    IBackupReader reader,
    RestoreOptions options,
    IProgress<BackupProgress>? progress)
{
    private const int BatchRecords = 500;

    public async Task<BackupInfo> RunAsync(CancellationToken cancellationToken)
    {
        var found = await BackupFiles.InspectAsync(reader, Verify, cancellationToken);
        var info = found with { Tables = [.. found.Tables.Where(table => options.Of(table.Name) != RestoreMode.Skip)] };
        var chosen = info.Tables.Select(table => tables.Find(table.Name)!).ToList();
        if (info.Records > options.MaxAtomicRecords || !await TryAtOnceAsync(chosen, info.Records, cancellationToken))
        {
            await OneAfterAnotherAsync(chosen, cancellationToken);
        }

        return info;
    }

    /// <summary>Checks whether records of a backup can be records of the table that there is.</summary>
    private void Verify(BackupBatch batch)
    {
        var mode = options.Of(batch.Table.Name);
        if (mode == RestoreMode.Skip)
        {
            return;
        }

        var table = tables.Find(batch.Table.Name) ?? throw new NoSuchTableException(batch.Table.Name, tables.Names);
        CheckFits(batch.Table, table.Header, mode);
        foreach (var entry in batch.Entries)
        {
            try
            {
                table.Writer(entry, reader.IsText);
            }
            catch (Exception exception)
            {
                throw new BackupException(
                    BackupProblem.DoesNotFit,
                    $"{reader.Path}: a record of table {batch.Table.Name} is no record of {table.Header.Description}: " +
                    exception.Message,
                    exception);
            }
        }
    }

    private void CheckFits(BackupTableHeader saved, BackupTableHeader there, RestoreMode mode)
    {
        var isSame = (saved.Type, saved.RecordType, saved.RecordVersion) == (there.Type, there.RecordType, there.RecordVersion);
        if ((mode != RestoreMode.Recreate && !isSame) || (!reader.IsText && saved.KeyForm != there.KeyForm))
        {
            throw new BackupException(
                BackupProblem.DoesNotFit,
                $"{reader.Path} has table {saved.Description}, keys {saved.KeyForm}; here it is {there.Description}, keys " +
                $"{there.KeyForm}. " + (saved.KeyForm == there.KeyForm ? "Restore it with Recreate, or skip it." : "Skip it."));
        }
    }

    /// <summary>
    /// Restores in one transaction; false, and nothing is changed, if the tables have too many records for that.
    /// </summary>
    private async Task<bool> TryAtOnceAsync(IReadOnlyList<BackupTable> chosen, long records, CancellationToken cancellationToken)
    {
        try
        {
            return await AtOnceAsync(chosen, records, cancellationToken);
        }
        catch (TransactionAbortedException exception) when (exception.Reason == AbortReason.Refused)
        {
            // Few records, and too many bytes.
            return false;
        }
    }

    private Task<bool> AtOnceAsync(IReadOnlyList<BackupTable> chosen, long records, CancellationToken cancellationToken) =>
        transactions.TransactionAsync(
            async transaction =>
            {
                foreach (var table in chosen)
                {
                    await transaction.LockTableAsync(table.Definition, LockKind.Write);
                }

                List<Func<ITransaction, ValueTask>> deletions = [];
                foreach (var table in chosen.Where(IsEmptied))
                {
                    deletions.AddRange(await table.DeletionsAsync(transaction));
                }

                if (deletions.Count + records > options.MaxAtomicRecords)
                {
                    return false;
                }

                foreach (var delete in deletions)
                {
                    await delete(transaction);
                }

                await ForEachBatchAsync(
                    async writes =>
                    {
                        foreach (var write in writes)
                        {
                            await write(transaction);
                        }
                    },
                    cancellationToken);
                return true;
            },
            new TransactionOptions { Timeout = settings.Timeout },
            cancellationToken);

    private async Task OneAfterAnotherAsync(IReadOnlyList<BackupTable> chosen, CancellationToken cancellationToken)
    {
        foreach (var table in chosen.Where(IsEmptied))
        {
            var deletions = await transactions.TransactionAsync(
                table.DeletionsAsync, new TransactionOptions { Timeout = settings.Timeout }, cancellationToken);
            foreach (var batch in deletions.Chunk(BatchRecords))
            {
                await InTransactionAsync(batch, cancellationToken);
            }
        }

        await ForEachBatchAsync(
            async writes =>
            {
                foreach (var batch in writes.Chunk(BatchRecords))
                {
                    await InTransactionAsync(batch, cancellationToken);
                }
            },
            cancellationToken);
    }

    private bool IsEmptied(BackupTable table) => options.Of(table.Definition.Name) != RestoreMode.Keep;

    private Task InTransactionAsync(Func<ITransaction, ValueTask>[] operations, CancellationToken cancellationToken) =>
        transactions.TransactionAsync(
            async transaction =>
            {
                foreach (var operation in operations)
                {
                    await operation(transaction);
                }
            },
            null,
            cancellationToken);

    private async Task ForEachBatchAsync(
        Func<IReadOnlyList<Func<ITransaction, ValueTask>>, Task> onBatch, CancellationToken cancellationToken)
    {
        var records = 0L;
        await foreach (var batch in reader.ReadAsync(cancellationToken))
        {
            if (options.Of(batch.Table.Name) != RestoreMode.Skip)
            {
                var table = tables.Find(batch.Table.Name)!;
                await onBatch([.. batch.Entries.Select(entry => table.Writer(entry, reader.IsText))]);
                records += batch.Entries.Count;
                progress?.Report(new BackupProgress(batch.Table.Name, records, batch.Position));
            }
        }
    }
}
