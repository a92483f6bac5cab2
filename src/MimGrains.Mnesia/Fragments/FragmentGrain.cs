using System.Globalization;
using MimGrains.Core.Transactions;
using Orleans.Concurrency;

namespace MimGrains.Mnesia.Fragments;

/// <inheritdoc cref="IFragmentGrain"/>
[Reentrant, KeepAlive, StayingSilosOnly]
internal sealed class FragmentGrain(FragmentOpener opener, FragmentRegistry registry) : Grain, IFragmentGrain
{
    private FragmentEntry? _entry;

    private FragmentHost Host => _entry?.Host ?? throw Gone();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (registry.IsClosed)
        {
            // Called by a silo that remembers the fragment here: Orleans sends the call on to where it is placed next.
            DeactivateOnIdle();
            return;
        }

        var key = this.GetPrimaryKeyString();
        var slash = key.LastIndexOf('/');
        _entry = await opener.OpenAsync(
            new FragmentId(key[..slash], int.Parse(key[(slash + 1)..], CultureInfo.InvariantCulture)), cancellationToken);
        _ = DeactivateWhenStoppedAsync(Host);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_entry is { Host: { } host } entry)
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

    public Task<FragmentReply[]> Ask(FragmentRequest[] requests) => Host.AskManyAsync(requests);

    public Task Tell(FragmentRequest[] requests) => Host.AskManyAsync(requests);

    public Task<FragmentReply> Await(long ticket) => Host.AwaitAsync(ticket);

    public Task Load() => _entry is null ? Task.FromException(Gone()) : Task.CompletedTask;

    public Task Stop() => Host.DropAsync();

    private async Task DeactivateWhenStoppedAsync(FragmentHost host)
    {
        await host.Stopped;
        DeactivateOnIdle();
    }

    private FragmentGoneException Gone() =>
        new($"Fragment {this.GetPrimaryKeyString()}: this silo is stopping and opens nothing any more.");
}
