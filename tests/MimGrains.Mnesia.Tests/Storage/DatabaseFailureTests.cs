using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using MimGrains.Mnesia.Storage.Rows;
using Npgsql;

namespace MimGrains.Mnesia.Tests.Storage;

public sealed class DatabaseFailureTests
{
    [Theory]
    [InlineData("53100", "ERROR", "disk of the database is full", true, false)]
    [InlineData("42501", "ERROR", "has not the rights", true, false)]
    [InlineData("25006", "ERROR", "read-only", true, true)]
    [InlineData("40001", "ERROR", "cannot do it now", true, true)]
    [InlineData("57014", "ERROR", "cannot do it now", true, true)]
    [InlineData("53300", "FATAL", "no connection left", true, true)]
    [InlineData("57P03", "FATAL", "starting or stopping", true, true)]
    [InlineData("28P01", "FATAL", "refuses the connection", true, false)]
    [InlineData("3D000", "FATAL", "refuses the connection", true, false)]
    [InlineData("57P01", "FATAL", "cannot do it now", false, true)]
    [InlineData("XX000", "PANIC", "refuses it", false, false)]
    public void An_error_of_PostgreSQL_says_what_became_of_the_statement(
        string code, string severity, string reason, bool isSurelyNotDone, bool mayPass)
    {
        var failure = DatabaseFailure.Of(new PostgresException("server text", severity, severity, code));

        AssertFailure(failure, reason, isSurelyNotDone, mayPass);
        Assert.Contains("server text", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, "locked", true, true)]
    [InlineData(13, "disk of the database file is full", true, false)]
    [InlineData(8, "read-only", true, false)]
    [InlineData(14, "cannot be opened", true, false)]
    [InlineData(10, "cannot be read or written", false, true)]
    [InlineData(26, "damaged", true, false)]
    public void An_error_of_SQLite_says_what_became_of_the_statement(int code, string reason, bool isSurelyNotDone, bool mayPass) =>
        AssertFailure(DatabaseFailure.Of(new SqliteException("file text", code)), reason, isSurelyNotDone, mayPass);

    [Fact]
    public void A_connection_that_breaks_leaves_the_outcome_open_and_one_that_cannot_be_made_does_not()
    {
        var refused = new NpgsqlException("Failed to connect to 10.0.0.1:5432", new SocketException(111));
        var broken = new NpgsqlException("Exception while reading from stream", new IOException("reset"));
        var timedOut = new NpgsqlException("Exception while reading from stream", new TimeoutException());

        AssertFailure(DatabaseFailure.Of(refused), "away", isSurelyNotDone: true, mayPass: true);
        AssertFailure(DatabaseFailure.Of(broken), "away", isSurelyNotDone: false, mayPass: true);
        AssertFailure(DatabaseFailure.Of(timedOut), "away", isSurelyNotDone: false, mayPass: true);
    }

    private static void AssertFailure(RowStoreException failure, string reason, bool isSurelyNotDone, bool mayPass)
    {
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Equal(isSurelyNotDone, failure.IsSurelyNotDone);
        Assert.Equal(mayPass, failure.MayPass);
    }
}
