using Microsoft.Extensions.DependencyInjection;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Fragments;

// The row of the table: reserved -> decided, or written over by whoever ends the change of a silo that is gone -> cleaned.
internal sealed partial class StorageChanges
{
    /// <summary>Brings a change to its end: it is made if the row of the table says so, else it is not.</summary>
    /// <param name="parts">The table.</param>
    /// <param name="change">The change; decided, if the row is known to say so.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Whether it is made; also if another silo has brought it to its end.</returns>
    /// <exception cref="LogUnavailableException">The database is away: the table stays closed.</exception>
    public async Task<bool> SettleAsync(TableParts parts, StorageChange change, CancellationToken cancellationToken)
    {
        var name = parts.Definition.Name;
        while (storages.Find(name) is { } storage)
        {
            if (storage.Change?.Id != change.Id)
            {
                return storage.Effective == change.To;
            }

            if (storage.Change.IsDecided)
            {
                // Once more, since it may not have been acknowledged: all live silos read as it was decided before fragments write that way.
                if (!await storages.CompareAndSetAsync(name, storage, storage, cancellationToken))
                {
                    continue;
                }

                await AfterStep(StorageChangeStep.Told);
                var settled = storage with { Effective = change.To, IsChanged = true, Change = null };
                if (await storages.CompareAndSetAsync(name, storage, settled, cancellationToken))
                {
                    LogChanged(_logger, name, change.To);
                }
            }
            else
            {
                var isDecided = change.IsDecided || await IsDecidedForEverAsync(parts, change, cancellationToken);
                var next = storage with { Change = isDecided ? change with { IsDecided = true } : null };
                await storages.CompareAndSetAsync(name, storage, next, cancellationToken);
                storages.NoteUnclean(name, isUnclean: true);
            }
        }

        return false;
    }

    /// <summary>Removes what is stored of a table and counts no more, as its row says.</summary>
    public async Task TryCleanAsync(TableParts parts)
    {
        var name = parts.Definition.Name;
        try
        {
            var logs = services.GetRequiredService<IFragmentLogFactory>();
            var row = logs.TableOf(name);
            if (storages.IsChanging(name) || await row.ReadAsync(_stopping.Token) is not { } stored)
            {
                return;
            }

            // Written first: a change that has been reserved by this version cannot be decided any more, and these may be its fragments.
            if (stored.Content.Obsolete.Count > 0)
            {
                if (!await row.TryWriteAsync(stored.Content, stored.Version, _stopping.Token))
                {
                    return;
                }

                foreach (var cookie in stored.Content.Obsolete)
                {
                    for (var index = 0; index < parts.Definition.Fragments; index++)
                    {
                        await using var log = logs.Create(new FragmentName(name, cookie, index));
                        await log.DeleteAsync(_stopping.Token);
                    }
                }

                await row.TryWriteAsync(stored.Content with { Obsolete = [] }, stored.Version + 1, _stopping.Token);
            }

            storages.NoteUnclean(name, isUnclean: false);
        }
        catch (Exception exception)
        {
            storages.NoteUnclean(name, isUnclean: true);
            LogNotCleaned(_logger, name, exception.Message);
        }
    }

    // The row by whose version the change is decided.
    private async Task<StoredTable> ReserveAsync(TableParts parts, StorageChange change, CancellationToken cancellationToken)
    {
        var row = services.GetRequiredService<IFragmentLogFactory>().TableOf(parts.Definition.Name);
        var there = await row.ReadAsync(cancellationToken);
        var content = there?.Content ?? new TableRowContent(TableRow.NewCookie(), parts.StoredForm);
        row.RequireForm(content, parts.StoredForm);
        if (change.Cookie.Length > 0)
        {
            content = content with { Obsolete = [.. content.Obsolete, change.Cookie] };
        }
        else if (there is not null)
        {
            return there.Value;
        }

        var version = there?.Version ?? 0;
        return await row.TryWriteAsync(content, version, cancellationToken)
            ? new(content, version + 1)
            : throw Ended(parts.Definition.Name);
    }

    // From here on it cannot be cancelled: it may be written although no answer has come.
    private async Task DecideAsync(
        TableParts parts, StorageType from, StorageChange change, StoredTable reserved, IProgress<StorageChangeProgress>? progress)
    {
        var row = services.GetRequiredService<IFragmentLogFactory>().TableOf(parts.Definition.Name);
        var content = reserved.Content;
        content = (from, change.To) switch
        {
            (StorageType.Ram, _) => content with
            {
                Cookie = change.Cookie, Obsolete = [.. content.Obsolete.Where(cookie => cookie != change.Cookie)],
            },
            (_, StorageType.Ram) => content with { Cookie = TableRow.NewCookie(), Obsolete = [.. content.Obsolete, content.Cookie] },
            _ => content,
        };
        content = content with { Storage = change.To, Change = change.Id };
        for (var pause = AgainFirst; ; pause = pause * 2 < AgainMost ? pause * 2 : AgainMost)
        {
            try
            {
                if (await row.TryWriteAsync(content, reserved.Version, _stopping.Token)
                    || (await row.ReadAsync(_stopping.Token))?.Content.Change == change.Id)
                {
                    return;
                }

                throw Ended(parts.Definition.Name);
            }
            catch (LogUnavailableException exception)
            {
                progress?.Report(new(parts.Definition.Fragments, parts.Definition.Fragments, exception.Message));
            }

            await Task.Delay(pause, time, _stopping.Token);
        }
    }

    // False: it is not decided, and whoever still wanted to decide it cannot.
    private async Task<bool> IsDecidedForEverAsync(TableParts parts, StorageChange change, CancellationToken cancellationToken)
    {
        var row = services.GetRequiredService<IFragmentLogFactory>().TableOf(parts.Definition.Name);
        while (true)
        {
            var there = await row.ReadAsync(cancellationToken);
            if (there?.Content.Change == change.Id)
            {
                return true;
            }

            var content = there?.Content ?? new TableRowContent(TableRow.NewCookie(), parts.StoredForm);
            if (await row.TryWriteAsync(content, there?.Version ?? 0, cancellationToken))
            {
                return false;
            }
        }
    }

    /// <summary>As <see cref="SettleAsync"/>; says in the log why it could not.</summary>
    public async Task<bool> TrySettleAsync(TableParts parts, StorageChange change)
    {
        try
        {
            return await SettleAsync(parts, change, _stopping.Token);
        }
        catch (Exception exception)
        {
            // The keeper goes on with it.
            LogNotSettled(_logger, parts.Definition.Name, change.To, exception.Message);
            return false;
        }
    }
}
