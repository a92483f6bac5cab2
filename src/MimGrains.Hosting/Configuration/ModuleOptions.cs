using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>The options of modules, services and ways to log in. Each is off unless its section is there.</summary>
internal static class ModuleOptions
{
    private const int YearSeconds = 31_536_000;

    public static IReadOnlyList<OptionDescriptor> All { get; } =
    [
        Backend($"{OptionTable.StreamManagement}.backend", "MIM_STREAM_MANAGEMENT_BACKEND",
            options => options.Modules.StreamManagement?.Backend,
            (options, value) => options.Modules.StreamManagement!.Backend = value),
        new SwitchOption($"{OptionTable.StaleH}.enabled", "MIM_STREAM_MANAGEMENT_STALE_H_ENABLED",
            options => options.Modules.StreamManagement?.StaleH.Enabled,
            (options, value) => options.Modules.StreamManagement!.StaleH.Enabled = value)
        { DefaultNote = "`false`" },
        new IntegerOption($"{OptionTable.StaleH}.repeat_after", "MIM_STREAM_MANAGEMENT_STALE_H_REPEAT_AFTER", 1, YearSeconds, "seconds",
            options => options.Modules.StreamManagement?.StaleH.RepeatAfter,
            (options, value) => options.Modules.StreamManagement!.StaleH.RepeatAfter = value)
        { DefaultNote = "`1800`; for `\"mnesia\"`: replicated tables forget by themselves, within a second" },
        new IntegerOption($"{OptionTable.StaleH}.geriatric", "MIM_STREAM_MANAGEMENT_STALE_H_GERIATRIC", 1, YearSeconds, "seconds",
            options => options.Modules.StreamManagement?.StaleH.Geriatric,
            (options, value) => options.Modules.StreamManagement!.StaleH.Geriatric = value)
        { DefaultNote = "`3600`" },
        Backend($"{OptionTable.Muc}.online_backend", "MIM_MUC_ONLINE_BACKEND",
            options => options.Modules.Muc?.OnlineBackend, (options, value) => options.Modules.Muc!.OnlineBackend = value),
        new ChoiceOption<CapsBackend>($"{OptionTable.Caps}.backend", "MIM_CAPS_BACKEND",
            options => options.Modules.Caps?.Backend, (options, value) => options.Modules.Caps!.Backend = value)
        { DefaultNote = "`\"cets\"`; off without its section" },
        Backend($"{OptionTable.Bosh}.backend", "MIM_BOSH_BACKEND",
            options => options.Services.Bosh?.Backend, (options, value) => options.Services.Bosh!.Backend = value),
        Backend($"{OptionTable.Anonymous}.backend", "MIM_AUTH_ANONYMOUS_BACKEND",
            options => options.Auth.Anonymous?.Backend, (options, value) => options.Auth.Anonymous!.Backend = value),
    ];

    private static ChoiceOption<InternalDatabase> Backend(
        string path,
        string variable,
        Func<MimGrainsOptions, InternalDatabase?> get,
        Action<MimGrainsOptions, InternalDatabase> set) =>
        new(path, variable, get, set) { DefaultNote = "`\"mnesia\"`; off without its section" };
}
