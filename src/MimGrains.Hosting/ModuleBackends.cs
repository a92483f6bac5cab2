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

    /// <summary>Registers the backends that are kept in replicated tables. Keys and the cluster's id are always among them.</summary>
    public static void AddCets(IServiceCollection services, MimGrainsOptions options)
    {
        services.AddCetsKeystore().AddCetsClusterId();
        Add(options.General.S2sBackend, () => services.AddCetsS2s());
        Add(options.General.ComponentBackend, () => services.AddCetsComponents());
        Add(options.Modules.StreamManagement?.Backend, () =>
        {
            var stale = options.Modules.StreamManagement!.StaleH;
            services.AddCetsStreamManagement(stale.Enabled, TimeSpan.FromSeconds(stale.Geriatric));
        });
        Add(options.Modules.Muc?.OnlineBackend, () => services.AddCetsMucOnline());
        Add(options.Modules.Caps is null ? null : InternalDatabase.Cets, () => services.AddCetsCapabilities());
        Add(options.Services.Bosh?.Backend, () => services.AddCetsBosh());
        Add(options.Auth.Anonymous?.Backend, () => services.AddCetsAnonymous());

        static void Add(InternalDatabase? backend, Action add)
        {
            if (backend == InternalDatabase.Cets)
            {
                add();
            }
        }
    }
}
