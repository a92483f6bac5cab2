using Microsoft.Extensions.Logging;
using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;

namespace MimGrains.Mnesia.Fragments;

/// <summary>
/// One activation of a fragment: the engine behind a lock, its records, its log, and the calls that wait. Thread-safe.
/// </summary>
internal sealed partial class FragmentHost(
    FragmentId id,
    FragmentOwner owner,
    IFragmentStore store,
    IFragmentLog log,
    Func<ReplicaId, bool> isDead,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly FragmentEngine _engine = new(id, owner.Epoch);
    private readonly Dictionary<long, Waiting> _calls = [];
    private readonly Dictionary<long, Task<FragmentReply>> _tickets = [];
    private readonly StagedWrites _staged = new();
    private readonly ILogger _logger = logger;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _lastApplied = Task.CompletedTask;
    private long _lastCall;

    public FragmentId Id => id;

    public FragmentOwner Owner => owner;

    /// <summary>Completes when this activation takes nothing any more.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>Completes when this activation answers nobody any more, and all that it has written is on every live silo.</summary>
    public async Task RetireAsync(string reason)
    {
        lock (_gate)
        {
            _engine.Retire(reason);
            Drain_NeedsGate();
        }

        await _stopped.Task;
        await LastApplied();
        await _compaction;
    }

    /// <summary>Gives the log up. Nothing may be under way any more.</summary>
    public ValueTask DisposeAsync() => log.DisposeAsync();

    /// <summary>Returns the coordinators that something is remembered of.</summary>
    public IReadOnlyList<ReplicaId> Coordinators()
    {
        lock (_gate)
        {
            return [.. _engine.Coordinators];
        }
    }

    /// <summary>Drops what is remembered of a coordinator that has been gone for long.</summary>
    public void Forget(ReplicaId gone)
    {
        lock (_gate)
        {
            _engine.ForgetCoordinator(gone);
            Drain_NeedsGate();
        }
    }

    /// <summary>A coordinator is dead.</summary>
    public void OnDead(ReplicaId dead)
    {
        lock (_gate)
        {
            if (_engine.IsServing)
            {
                _engine.OnCoordinatorGone(dead);
                Drain_NeedsGate();
            }
        }
    }

    // Doing what the engine wants may make it want more.
    private void Drain_NeedsGate()
    {
        while (_engine.TakeEffects() is { Count: > 0 } effects)
        {
            foreach (var effect in effects)
            {
                Do_NeedsGate(effect);
            }
        }

        _stepped?.TrySetResult();
        _stepped = null;
    }

    private void Do_NeedsGate(FragmentEffect effect)
    {
        switch (effect)
        {
            case AnswerEffect answer:
                Answer_NeedsGate(answer);
                break;
            case ApplyEffect apply:
                Apply_NeedsGate(apply.Writes);
                break;
            case AppendEffect append:
                // Apart from the caller, whose turn or thread it is.
                ThreadPool.UnsafeQueueUserWorkItem(row => _ = AppendAsync(row), append, preferLocal: false);
                break;
            case OpenedEffect:
                _opened.TrySetResult();
                break;
            case StoppedEffect stopped:
                Stop(stopped.Reason);
                break;
            default:
                throw new InvalidOperationException($"Fragment {id}: {effect} is no effect.");
        }
    }

    private void Answer_NeedsGate(AnswerEffect answer)
    {
        if (!_calls.Remove(answer.Call, out var waiting))
        {
            return;
        }

        if (answer.Kind == AnswerKind.Granted)
        {
            // The token of a slice is taken now: all that was applied before the lock was granted.
            _ = waiting.FollowAsync(ReadAsync(waiting.Request.Locks, answer.Kind, answer.Detail));
        }
        else
        {
            var reply = new FragmentReply(answer.Kind, answer.Epoch, answer.Detail, [], default);
            _ = waiting.FollowAsync(waiting.Request.IsSync && answer.Kind is AnswerKind.Committed or AnswerKind.Resolved or AnswerKind.Written
                ? AfterAsync(_lastApplied, reply)
                : Task.FromResult(reply));
        }
    }

    private async Task<FragmentReply> ReadAsync(WireLock[] locks, AnswerKind kind, string detail)
    {
        var token = store.Token;
        var records = new byte[locks.Length][][];
        for (var index = 0; index < locks.Length; index++)
        {
            if (locks[index].Key is { } key)
            {
                List<byte[]> ofKey = [];
                await store.ReadAsync(key, ofKey, CancellationToken.None);
                records[index] = [.. ofKey];
            }
        }

        return new FragmentReply(kind, owner.Epoch, detail, records, token);
    }

    private static async Task<FragmentReply> AfterAsync(Task applied, FragmentReply reply)
    {
        await applied.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return reply;
    }

    private void Apply_NeedsGate(IReadOnlyList<FragmentWrite> writes)
    {
        try
        {
            _lastApplied = store.ApplyAsync(writes);
        }
        catch (Exception exception)
        {
            // The log has them: the next activation applies them. This one must not go on without.
            LogNotApplied(_logger, id, exception);
            _engine.Retire($"writes could not be applied: {exception.Message}");
        }
    }

    private async Task LastApplied()
    {
        Task applied;
        lock (_gate)
        {
            applied = _lastApplied;
        }

        await applied;
    }

    private void Stop(string reason)
    {
        LogStopped(_logger, id, owner.Epoch, reason);
        _opened.TrySetException(new FragmentGoneException($"Fragment {id}: epoch {owner.Epoch} has ended: {reason}"));
        _ = _opened.Task.Exception;
        _stopped.TrySetResult();
    }

    private long NowMs() => time.GetTimestamp() * 1_000 / time.TimestampFrequency;
}

/// <summary>An activation of a fragment has ended, or could not begin: ask again, another one takes over.</summary>
[GenerateSerializer, Alias("mimgrains.fragment-gone")]
internal sealed class FragmentGoneException(string message) : Exception(message);
