using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;
using Orleans.Serialization.Serializers;

namespace MimGrains.Cets.Tables;

internal sealed partial class TableCatalog
{
    /// <exception cref="TableDefinitionException">Keys or records cannot be sent to another silo.</exception>
    private void CheckTypes(TableDefinition definition)
    {
        CheckSerializable(definition, "key", definition.KeyType);
        CheckSerializable(definition, "record", definition.RecordType);
    }

    private void CheckSerializable(TableDefinition definition, string what, Type type)
    {
        if (type == typeof(BagMark))
        {
            return;
        }

        Exception? reason = null;
        try
        {
            if (_services.GetRequiredService<ICodecProvider>().TryGetCodec(type) is not null)
            {
                return;
            }
        }
        catch (Exception exception)
        {
            // Such as: a type inside of it has no codec.
            reason = exception;
        }

        throw new TableDefinitionException(
            definition.Name,
            $"the {what} type {type} cannot be serialized by Orleans. Mark it, and the types in it, with [GenerateSerializer]." +
            (reason is null ? "" : $" {reason.Message}"),
            reason);
    }
}
