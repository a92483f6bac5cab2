namespace MimGrains.Configuration;

/// <summary>Modules with state of their own: <c>[modules]</c>. One that is null is off.</summary>
public sealed class ModulesOptions
{
    /// <summary>Gets or sets stream management: <c>[modules.mod_stream_management]</c>.</summary>
    public StreamManagementOptions? StreamManagement { get; set; }

    /// <summary>Gets or sets online rooms: <c>[modules.mod_muc]</c>.</summary>
    public MucOptions? Muc { get; set; }

    /// <summary>Gets or sets capabilities: <c>[modules.mod_caps]</c>.</summary>
    public CapsOptions? Caps { get; set; }
}

/// <summary>Services with state of their own: <c>[services]</c>. One that is null is off.</summary>
public sealed class ServicesOptions
{
    /// <summary>Gets or sets BOSH: <c>[services.service_bosh]</c>.</summary>
    public BoshOptions? Bosh { get; set; }
}

/// <summary>Ways to log in: <c>[auth]</c>. One that is null is off.</summary>
public sealed class AuthOptions
{
    /// <summary>Gets or sets anonymous users: <c>[auth.anonymous]</c>.</summary>
    public AnonymousOptions? Anonymous { get; set; }
}

/// <summary>Stream management (XEP-0198): <c>[modules.mod_stream_management]</c>.</summary>
public sealed class StreamManagementOptions
{
    /// <summary>Gets or sets where its ids are kept: <c>backend</c>.</summary>
    /// <value>Default <see cref="InternalDatabase.Mnesia"/>.</value>
    public InternalDatabase Backend { get; set; } = InternalDatabase.Mnesia;

    /// <summary>Gets or sets what is remembered of ended streams: <c>[modules.mod_stream_management.stale_h]</c>.</summary>
    public StaleHOptions StaleH { get; set; } = new();
}

/// <summary>What is remembered of ended streams.</summary>
public sealed class StaleHOptions
{
    /// <summary>Gets or sets whether anything is: <c>enabled</c>.</summary>
    /// <value>Default false.</value>
    public bool Enabled { get; set; }

    /// <summary>
    /// Gets or sets how often persistent tables are looked through for what is too old, at least once a day: <c>repeat_after</c>.
    /// Replicated tables forget by themselves, within a second.
    /// </summary>
    /// <value>1 to 31,536,000 seconds; default 1,800.</value>
    public int RepeatAfter { get; set; } = 1_800;

    /// <summary>Gets or sets for how long it is: <c>geriatric</c>.</summary>
    /// <value>1 to 31,536,000 seconds; default 3,600.</value>
    public int Geriatric { get; set; } = 3_600;
}

/// <summary>Multi-user chat: <c>[modules.mod_muc]</c>.</summary>
public sealed class MucOptions
{
    /// <summary>Gets or sets where it is kept which rooms are online: <c>online_backend</c>.</summary>
    /// <value>Default <see cref="InternalDatabase.Mnesia"/>.</value>
    public InternalDatabase OnlineBackend { get; set; } = InternalDatabase.Mnesia;
}

/// <summary>Backends of capabilities: MongooseIM has one.</summary>
public enum CapsBackend
{
    /// <summary>Replicated tables in memory.</summary>
    Cets = 0,
}

/// <summary>Capabilities (XEP-0115): <c>[modules.mod_caps]</c>.</summary>
public sealed class CapsOptions
{
    /// <summary>Gets or sets where they are kept: <c>backend</c>.</summary>
    /// <value>Default <see cref="CapsBackend.Cets"/>.</value>
    public CapsBackend Backend { get; set; } = CapsBackend.Cets;
}

/// <summary>BOSH (XEP-0124): <c>[services.service_bosh]</c>.</summary>
public sealed class BoshOptions
{
    /// <summary>Gets or sets where its sessions are kept: <c>backend</c>.</summary>
    /// <value>Default <see cref="InternalDatabase.Mnesia"/>.</value>
    public InternalDatabase Backend { get; set; } = InternalDatabase.Mnesia;
}

/// <summary>Anonymous users: <c>[auth.anonymous]</c>.</summary>
public sealed class AnonymousOptions
{
    /// <summary>Gets or sets where they are kept: <c>backend</c>.</summary>
    /// <value>Default <see cref="InternalDatabase.Mnesia"/>.</value>
    public InternalDatabase Backend { get; set; } = InternalDatabase.Mnesia;
}
