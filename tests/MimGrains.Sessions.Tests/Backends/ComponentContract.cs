using MimGrains.Backends;
using Xunit;

namespace MimGrains.Sessions.Tests.Backends;

public abstract class ComponentContract(BackendCluster cluster)
{
    private IComponentBackend First => cluster.Get<IComponentBackend>(0);

    private IComponentBackend Second => cluster.Get<IComponentBackend>(1);

    [Fact]
    public async Task A_domain_may_be_served_on_each_silo_once()
    {
        var here = new Component("Twice.example", cluster.On(0));
        var there = new Component("twice.example", cluster.On(1));
        await First.RegisterAsync([here]);
        await Second.RegisterAsync([there]);

        Assert.Equal(
            new[] { cluster.NameOf(0), cluster.NameOf(1) }.Order(StringComparer.Ordinal),
            (await First.LookupAsync("twice.EXAMPLE")).Select(component => component.Handler.Silo));
        var error = await Assert.ThrowsAsync<ComponentExistsException>(
            async () => await First.RegisterAsync([here with { Handler = cluster.On(0, "other") }]));
        Assert.Equal("twice.example", error.Domain);
        await First.UnregisterAsync([here]);
        Assert.Equal([there], await Second.LookupAsync("twice.example"));
    }

    [Fact]
    public async Task Components_are_registered_all_or_none()
    {
        await First.RegisterAsync([new("taken.example", cluster.On(0))]);
        await Assert.ThrowsAsync<ComponentExistsException>(async () => await First.RegisterAsync(
            [new("free.example", cluster.On(0, "y")), new("taken.example", cluster.On(0, "y"))]));

        Assert.Empty(await Second.LookupAsync("free.example"));
        Assert.Equal("x", Assert.Single(await Second.LookupAsync("taken.example")).Handler.Id);
    }

    [Fact]
    public async Task Of_those_that_register_at_once_one_wins()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
        {
            try
            {
                await First.RegisterAsync([new("contended.example", cluster.On(0, $"c{number}"))]);
                return true;
            }
            catch (ComponentExistsException)
            {
                return false;
            }
        }));
        Assert.Single(outcomes, isRegistered => isRegistered);
    }

    [Fact]
    public async Task Hidden_components_are_left_out_where_asked()
    {
        await First.RegisterAsync([new("hidden.example", cluster.On(0), IsHidden: true), new("public.example", cluster.On(0))]);

        var all = (await Second.GetAllAsync()).Select(component => component.Domain).ToList();
        var shown = (await Second.GetAllAsync(includeHidden: false)).Select(component => component.Domain).ToList();
        Assert.Contains("hidden.example", all);
        Assert.Contains("public.example", shown);
        Assert.DoesNotContain("hidden.example", shown);
    }
}

[Collection(CetsCollection.Name)]
public sealed class CetsComponentTests(CetsCluster cluster) : ComponentContract(cluster);

[Collection(MnesiaCollection.Name)]
public sealed class MnesiaComponentTests(MnesiaCluster cluster) : ComponentContract(cluster);
