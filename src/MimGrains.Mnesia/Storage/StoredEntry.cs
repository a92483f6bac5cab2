namespace MimGrains.Mnesia.Storage;

/// <summary>A record in the pages of a fragment.</summary>
/// <param name="Key">The encoded key. Equal exactly when the keys are equal.</param>
/// <param name="Record">The encoded record; null where the key was deleted.</param>
internal readonly record struct StoredEntry(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Record);
