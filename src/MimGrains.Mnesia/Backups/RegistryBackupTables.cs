using System.Text.Json;
using Microsoft.Extensions.Options;
using MimGrains.Mnesia.Tables;
using MimGrains.Mnesia.Tables.Keys;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Backups;

/// <summary>The tables that this silo knows, as backups see them.</summary>
internal sealed class RegistryBackupTables(TableRegistry registry, IServiceProvider services, IOptions<BackupSettings> settings)
    : IBackupTables, IPersistentTableDefinitionVisitor<BackupTable>
{
    private readonly JsonSerializerOptions _json = settings.Value.Json;

    public IReadOnlyList<string> Names => registry.Names;

    public BackupTable? Find(string name) => registry.Find(name)?.Definition.Accept(this);

    BackupTable IPersistentTableDefinitionVisitor<BackupTable>.Visit<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> definition) => new BackupTable<TKey, TRecord>(
            definition, new TableBytes<TKey, TRecord>(definition, services), KeyCodecs.Of(definition).Name, _json);
}
