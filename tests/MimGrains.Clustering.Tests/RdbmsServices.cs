using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Clustering.Rdbms;
using MimGrains.Configuration;
using Orleans.Hosting;

namespace MimGrains.Clustering.Tests;

/// <summary>The services that clustering through a database adds to a silo and to a client, without the rest of them.</summary>
internal static class RdbmsServices
{
    public static ServiceProvider OfSilo(
        RdbmsConnectionOptions database,
        string clusterName = "c1",
        string nodeName = "n1@localhost",
        string address = "127.0.0.1",
        Action<IServiceCollection>? before = null)
    {
        var builder = new Builder();
        before?.Invoke(builder.Services);
        builder.Services.AddLogging();
        ((ISiloBuilder)builder).UseRdbmsClustering(
            database, clusterName, new NodeOptions { Name = nodeName, Address = address });
        return builder.Services.BuildServiceProvider();
    }

    public static ServiceProvider OfClient(
        RdbmsConnectionOptions database, string clusterName = "c1", Action<IServiceCollection>? before = null)
    {
        var builder = new Builder();
        before?.Invoke(builder.Services);
        builder.Services.AddLogging();
        ((IClientBuilder)builder).UseRdbmsClustering(database, clusterName);
        return builder.Services.BuildServiceProvider();
    }

    private sealed class Builder : ISiloBuilder, IClientBuilder
    {
        public IServiceCollection Services { get; } = new ServiceCollection();

        public IConfiguration Configuration { get; } = new ConfigurationBuilder().Build();
    }
}
