namespace MimGrains.Sessions;

/// <summary>Makes references to the connections of sessions.</summary>
internal class SessionConnections(IGrainFactory grains)
{
    /// <param name="target"><see cref="SessionRecord.Target"/>.</param>
    public virtual ISessionConnection Of(string target) => grains.GetGrain<ISessionConnection>(GrainId.Parse(target));
}
