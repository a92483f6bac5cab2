using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

internal abstract partial class TableHost
{
    // Whatever a write waits for, it is in Commits until all have it: that bounds the log.
    private readonly CommitQueue? _majority = definition.WriteConcern == WriteConcern.Majority ? new() : null;

    /// <summary>Returns what a write waits for; null when there is nothing. Needs the table's lock.</summary>
    protected CommitGroup? EnlistWrite(long sequence)
    {
        if (replica.CompletedThrough >= sequence)
        {
            return null;
        }

        var group = Commits.Enlist(sequence, NowMs());
        return definition.WriteConcern switch
        {
            WriteConcern.All => group,
            WriteConcern.Majority => replica.MajorityThrough() >= sequence ? null : _majority!.Enlist(sequence, NowMs()),
            _ => null,
        };
    }

    private void CollectMajority(ref List<CommitGroup>? completed)
    {
        if (_majority is null)
        {
            return;
        }

        var through = replica.MajorityThrough();
        while (_majority.TakeCompleted(through) is { } group)
        {
            (completed ??= []).Add(group);
        }
    }
}
