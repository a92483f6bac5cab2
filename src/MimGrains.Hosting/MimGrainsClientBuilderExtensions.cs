using Microsoft.Extensions.Configuration;
using MimGrains.Configuration;
using MimGrains.Persistent;
using MimGrains.Sessions;
using Orleans.Hosting;

namespace MimGrains.Hosting;

/// <summary>
/// Puts MimGrains into an Orleans client: finds the cluster's gateways, and adds the session manager and transactions on persistent
/// tables.
/// </summary>
public static class MimGrainsClientBuilderExtensions
{
    /// <summary>Adds what the options ask for; the same options as the silos'.</summary>
    /// <exception cref="MimGrainsConfigurationException">An option is wrong; the message names all that are.</exception>
    public static IClientBuilder UseMimGrains(this IClientBuilder builder, MimGrainsOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        MimGrainsOptionsValidator.ThrowIfInvalid(options);
        DiscoveryBackends.Use(builder, options, InternalDatabases.DiscoveryOf(options));
        builder.Services.AddSessionClient();
        builder.Services.AddTransactionsClient();
        return builder;
    }

    /// <summary>Adds what the options ask for that <paramref name="configure"/> sets.</summary>
    /// <inheritdoc cref="UseMimGrains(IClientBuilder, MimGrainsOptions)"/>
    public static IClientBuilder UseMimGrains(this IClientBuilder builder, Action<MimGrainsOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new MimGrainsOptions();
        configure(options);
        return builder.UseMimGrains(options);
    }

    /// <summary>Adds what a configuration section asks for; its keys are those of the TOML file.</summary>
    /// <inheritdoc cref="UseMimGrains(IClientBuilder, MimGrainsOptions)"/>
    public static IClientBuilder UseMimGrains(this IClientBuilder builder, IConfiguration section) =>
        builder.UseMimGrains(MimGrainsConfiguration.Bind(section));
}
