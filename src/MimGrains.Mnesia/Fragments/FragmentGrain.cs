using System.Globalization;
using MimGrains.Core.Transactions;
using Orleans.Concurrency;

namespace MimGrains.Mnesia.Fragments;

/// <inheritdoc cref="IFragmentGrain"/>
[Reentrant, KeepAlive]
internal sealed class FragmentGrain(FragmentOpener opener, FragmentRegistry registry) : Grain, IFragmentGrain
{
    private FragmentEntry? _entry;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        var slash = key.LastIndexOf('/');
        _entry = await opener.OpenAsync(
            new FragmentId(key[..slash], int.Parse(key[(slash + 1)..], CultureInfo.InvariantCulture)), cancellationToken);
        _ = DeactivateWhenStoppedAsync(_entry.Host!);
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

    public Task<FragmentReply[]> Ask(FragmentRequest[] requests) => _entry!.Host!.AskManyAsync(requests);

    public Task Tell(FragmentRequest[] requests) => _entry!.Host!.AskManyAsync(requests);

    public Task<FragmentReply> Await(long ticket) => _entry!.Host!.AwaitAsync(ticket);

    public Task Load() => Task.CompletedTask;

    public Task Stop() => _entry!.Host!.DropAsync();

    private async Task DeactivateWhenStoppedAsync(FragmentHost host)
    {
        await host.Stopped;
        DeactivateOnIdle();
    }
}
