using System.Collections.Concurrent;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Tables;

namespace MimGrains.Mnesia.Fragments;

/// <summary>Asks fragments, wherever they are. Thread-safe.</summary>
internal sealed class FragmentCaller(
    IGrainFactory grains, FragmentRegistry registry, TableStorages storages, ILocalSiloDetails self, TimeProvider time)
{
    // Messages stay far below what Orleans takes, and other calls of the link need not wait long behind one.
    private const int RequestBytes = 1_024 * 1_024;

    private static readonly TimeSpan LookAgainPeriod = TimeSpan.FromMilliseconds(20);

    // What is bound to an activation finds it gone after a change: it is not kept waiting for long.
    private static readonly TimeSpan BoundWait = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<FragmentId, FragmentLink> _links = [];

    /// <summary>Returns this silo incarnation, as fragments know it.</summary>
    public string Self { get; } = self.SiloAddress.ToParsableString();

    /// <summary>Asks a fragment, and passes on what goes wrong on the way. Waits while the storage of its table is being changed.</summary>
    public Task<FragmentReply> AskAsync(FragmentId fragment, FragmentRequest request) =>
        storages.IsChanging(fragment.Table) ? AskAfterChangeAsync(fragment, request) : AskNowAsync(fragment, request);

    /// <summary>Asks a fragment about another silo's transaction; null if there is no answer.</summary>
    public async Task<FragmentReply?> TryAskAsync(PlannedCall call)
    {
        try
        {
            return storages.IsChanging(call.To.Table)
                ? null
                : await AskNowAsync(call.To, FragmentRequest.Of(call, Self, firstOpen: 0, isSync: false));
        }
        catch (Exception)
        {
            // Whoever asks does so again.
            return null;
        }
    }

    /// <summary>Ends a fragment whose table is deleted: see <see cref="FragmentHost.DropAsync"/>.</summary>
    public Task StopAsync(FragmentId fragment) => grains.GetGrain<IFragmentGrain>(fragment.ToString()).Stop();

    /// <summary>Completes when a fragment answers, however long what is stored of it takes to load.</summary>
    public async Task LoadAsync(FragmentId fragment, CancellationToken cancellationToken)
    {
        while (!await grains.GetGrain<IFragmentGrain>(fragment.ToString()).Load().WaitAsync(cancellationToken))
        {
            // Asked again: one call must not wait for longer than an answer may take.
        }
    }

    private Task<FragmentReply> AskNowAsync(FragmentId fragment, FragmentRequest request) =>
        registry.Find(fragment) is { Stopped.IsCompleted: false } here
            ? here.AskAsync(request)
            : request.Writes.Length > 1 && request.Kind == FragmentRequestKind.Planned && request.WriteBytes > RequestBytes
                ? AskInPartsAsync(LinkTo(fragment), request)
                : LinkTo(fragment).AskAsync(request);

    private FragmentLink LinkTo(FragmentId fragment) =>
        _links.GetOrAdd(fragment, id => new FragmentLink(grains.GetGrain<IFragmentGrain>(id.ToString())));

    private static async Task<FragmentReply> AskInPartsAsync(FragmentLink link, FragmentRequest request)
    {
        var parts = request.Split(RequestBytes);
        foreach (var part in parts.SkipLast(1))
        {
            var reply = await link.AskAsync(part);
            if (reply.Kind != AnswerKind.Granted)
            {
                return reply;
            }
        }

        return await link.AskAsync(parts[^1]);
    }

    private async Task<FragmentReply> AskAfterChangeAsync(FragmentId fragment, FragmentRequest request)
    {
        var isBound = request is
        {
            Kind: FragmentRequestKind.Planned,
            Planned: PlannedCallKind.Commit or PlannedCallKind.Prepare or PlannedCallKind.Validate,
        };
        var started = time.GetTimestamp();
        while (storages.IsChanging(fragment.Table))
        {
            if (isBound && time.GetElapsedTime(started) > BoundWait)
            {
                // Surely not done, since it was not even sent.
                return new FragmentReply(AnswerKind.Gone, 0, "the storage of its table is being changed", [], default);
            }

            await Task.Delay(LookAgainPeriod, time);
        }

        return await AskNowAsync(fragment, request);
    }
}
