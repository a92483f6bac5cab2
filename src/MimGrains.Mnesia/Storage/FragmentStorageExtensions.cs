using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using MimGrains.Mnesia.Storage.Rows;
using Orleans.Configuration;
using Orleans.Storage;

namespace MimGrains.Mnesia.Storage;

/// <summary>Where the fragments of persistent tables are stored.</summary>
public static class FragmentStorageExtensions
{
    /// <summary>
    /// The name of the ADO.NET grain storage that keeps the fragments; whoever hosts a silo adds one of this name.
    /// </summary>
    public const string ProviderName = "mimgrains.fragments";

    /// <summary>
    /// Adds the logs of fragments over the ADO.NET grain storage <see cref="ProviderName"/>. Safe to call twice.
    /// </summary>
    public static IServiceCollection AddFragmentStorage(
        this IServiceCollection services, Action<FragmentStorageOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<FragmentStorageOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddOptions<AdoNetGrainStorageOptions>(ProviderName).Configure(storage =>
        {
            storage.GrainStorageSerializer = new RowStateSerializer();
            storage.DeleteStateOnClear = true;
        });
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<FragmentStorageOptions>, FragmentStorageOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IRowStore>(
            provider => new GrainRows(provider.GetRequiredKeyedService<IGrainStorage>(ProviderName)));
        services.TryAddSingleton<IFragmentLogFactory, FragmentLogFactory>();
        return services;
    }
}
