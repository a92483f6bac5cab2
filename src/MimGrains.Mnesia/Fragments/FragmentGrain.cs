using System.Globalization;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;
using Orleans.Concurrency;

namespace MimGrains.Mnesia.Fragments;

/// <inheritdoc cref="IFragmentGrain"/>
[Reentrant, KeepAlive, StayingSilosOnly]
internal sealed class FragmentGrain(FragmentOpener opener, FragmentRegistry registry, TimeProvider time)
    : Grain, IFragmentGrain, IDisposable
{
    // Well below what Orleans waits for an answer.
    private static readonly TimeSpan LoadAnswerAfter = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _ending = new();
    private Task<FragmentEntry> _opening = null!;

    // Calls wait for the opening, Orleans does not: it lets an activation take 30 s, and a large table takes longer to load.
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (registry.IsClosed)
        {
            // Called by a silo that remembers the fragment here: Orleans sends the call on to where it is placed next.
            DeactivateOnIdle();
            _opening = Task.FromException<FragmentEntry>(Gone());
        }
        else
        {
            _opening = OpenAsync();
        }

        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _ending.CancelAsync();
        await ((Task)_opening).WaitAsync(cancellationToken).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (_opening.IsCompletedSuccessfully && _opening.Result is { Host: { } host } entry)
        {
            try
            {
                await host.RetireAsync($"the activation ends: {reason.Description}").WaitAsync(cancellationToken);
                await host.DisposeAsync();
            }
            finally
            {
                registry.End(entry);
            }
        }
    }

    public async Task<FragmentReply[]> Ask(FragmentRequest[] requests) => await (await HostAsync()).AskManyAsync(requests);

    public async Task Tell(FragmentRequest[] requests) => await (await HostAsync()).AskManyAsync(requests);

    public async Task<FragmentReply> Await(long ticket) => await (await HostAsync()).AwaitAsync(ticket);

    public async Task<bool> Load()
    {
        try
        {
            await OpenedAsync().WaitAsync(LoadAnswerAfter, time);
            return true;
        }
        catch (TimeoutException) when (!_opening.IsCompleted)
        {
            return false;
        }
    }

    public async Task Stop() => await (await HostAsync()).DropAsync();

    public void Dispose() => _ending.Dispose();

    private async Task<FragmentEntry> OpenAsync()
    {
        var key = this.GetPrimaryKeyString();
        var slash = key.LastIndexOf('/');
        var entry = await opener.OpenAsync(
            new FragmentId(key[..slash], int.Parse(key[(slash + 1)..], CultureInfo.InvariantCulture)), _ending.Token);
        _ = DeactivateWhenStoppedAsync(entry.Host!);
        return entry;
    }

    private async Task<FragmentHost> HostAsync() => (await OpenedAsync()).Host ?? throw Gone();

    private async Task<FragmentEntry> OpenedAsync()
    {
        try
        {
            return await _opening;
        }
        catch (Exception exception)
        {
            // Not before somebody is told why: calls of one that ends would be sent on. Whoever calls next finds another activation.
            DeactivateOnIdle();
            if (exception is LogUnavailableException or LogUnknownException
                or FragmentFencedException or FragmentCorruptException or TableFormException)
            {
                // Those do not travel: whoever asks on another silo is told the reason all the same.
                throw new FragmentGoneException(exception.Message);
            }

            throw;
        }
    }

    private async Task DeactivateWhenStoppedAsync(FragmentHost host)
    {
        await host.Stopped;
        DeactivateOnIdle();
    }

    private FragmentGoneException Gone() =>
        new($"Fragment {this.GetPrimaryKeyString()}: this silo is stopping and opens nothing any more.");
}
