using Microsoft.Extensions.DependencyInjection;
using MimGrains.Backends;
using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>Every option that chooses a backend, and what is registered for it.</summary>
internal static class ModuleBackends
{
    /// <summary>Returns the options with what they ask for; sections that are off are left out.</summary>
    public static IEnumerable<(string Option, InternalDatabase Backend)> Chosen(MimGrainsOptions options)
    {
        yield return ($"{OptionTable.General}.sm_backend", options.General.SmBackend);
        yield return ($"{OptionTable.General}.s2s_backend", options.General.S2sBackend);
        yield return ($"{OptionTable.General}.component_backend", options.General.ComponentBackend);
        if (options.Modules.StreamManagement is { } stream)
        {
            yield return ($"{OptionTable.StreamManagement}.backend", stream.Backend);
        }

        if (options.Modules.Muc is { } muc)
        {
            yield return ($"{OptionTable.Muc}.online_backend", muc.OnlineBackend);
        }

        if (options.Modules.Caps is not null)
        {
            yield return ($"{OptionTable.Caps}.backend", InternalDatabase.Cets);
        }

        if (options.Services.Bosh is { } bosh)
        {
            yield return ($"{OptionTable.Bosh}.backend", bosh.Backend);
        }

        if (options.Auth.Anonymous is { } anonymous)
        {
            yield return ($"{OptionTable.Anonymous}.backend", anonymous.Backend);
        }
    }

    /// <summary>
    /// Registers the backends. Keys in memory and the cluster's id are always among them: in replicated tables, or in persistent ones
    /// where CETS is off.
    /// </summary>
    public static void Add(IServiceCollection services, MimGrainsOptions options)
    {
        var database = options.InternalDatabases?.Cets is null ? InternalDatabase.Mnesia : InternalDatabase.Cets;
        services.AddKeystoreBackend(database).AddClusterId(database)
            .AddS2sBackend(options.General.S2sBackend).AddComponentBackend(options.General.ComponentBackend);
        if (options.Modules.StreamManagement is { } stream)
        {
            services.AddStreamManagementBackend(
                stream.Backend,
                stream.StaleH.Enabled,
                TimeSpan.FromSeconds(stream.StaleH.Geriatric),
                TimeSpan.FromSeconds(stream.StaleH.RepeatAfter));
        }

        if (options.Modules.Muc is { } muc)
        {
            services.AddMucOnlineBackend(muc.OnlineBackend);
        }

        if (options.Modules.Caps is not null)
        {
            services.AddCapabilitiesBackend(InternalDatabase.Cets);
        }

        if (options.Services.Bosh is { } bosh)
        {
            services.AddBoshBackend(bosh.Backend);
        }

        if (options.Auth.Anonymous is { } anonymous)
        {
            services.AddAnonymousBackend(anonymous.Backend);
        }
    }
}
