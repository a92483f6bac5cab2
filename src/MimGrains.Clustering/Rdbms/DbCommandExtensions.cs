using System.Data.Common;

namespace MimGrains.Clustering.Rdbms;

internal static class DbCommandExtensions
{
    /// <summary>Adds a parameter.</summary>
    public static DbCommand Add(this DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
        return command;
    }
}
