using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace MimGrains.Clustering.NodeList;

/// <summary>Says in a few words why a call failed.</summary>
internal static class CallFailure
{
    /// <summary>Returns why the callee refused; <see cref="Refusal.None"/> when it is not a refusal.</summary>
    public static Refusal RefusalOf(RpcException exception) =>
        Enum.TryParse<Refusal>(exception.Trailers.GetValue(DiscoveryProtocol.RefusalTrailer), out var refusal) && Enum.IsDefined(refusal)
            ? refusal
            : Refusal.None;

    /// <summary>Returns whether somebody has to change a configuration before a call can succeed.</summary>
    public static bool NeedsOperator(Exception exception) => exception switch
    {
        ForgedAnswerException => true,
        RpcException refused => RefusalOf(refused)
            is Refusal.Version or Refusal.OtherCluster or Refusal.OtherNode or Refusal.WrongSecret,
        _ => false,
    };

    /// <summary>Returns whether a connection that was there has broken: the request may have arrived or not.</summary>
    public static bool IsLostConnection(RpcException exception) =>
        exception.StatusCode is StatusCode.Unavailable or StatusCode.Internal
        && RefusalOf(exception) == Refusal.None
        && exception.Status.DebugException is HttpRequestException or IOException
        && exception.Status.DebugException is not HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
        };

    /// <summary>Returns the reason: <c>connection refused</c>, <c>wrong secret</c>.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        ForgedAnswerException forged => $"wrong secret: {forged.Message}",
        RpcException call when RefusalOf(call) is var refusal and not Refusal.None => Describe(refusal, call.Status.Detail),
        RpcException { StatusCode: StatusCode.ResourceExhausted } call => $"message too large: {call.Status.Detail}",
        RpcException { StatusCode: StatusCode.Cancelled or StatusCode.DeadlineExceeded } => "no answer in time",
        RpcException call => Innermost(call.Status.DebugException ?? call),
        _ => exception.Message,
    };

    private static string Describe(Refusal refusal, string detail) => refusal switch
    {
        Refusal.Version => $"other version: {detail}",
        Refusal.OtherCluster => $"other cluster: {detail}",
        Refusal.OtherNode => $"other node: {detail}",
        Refusal.WrongSecret => $"wrong secret: {detail}",
        Refusal.UnknownSession => "session lost",
        Refusal.BadMessage => $"message refused: {detail}",
        Refusal.Busy => $"busy: {detail}",
        Refusal.Failed => $"failed: {detail}",
        _ => detail,
    };

    // The innermost reasons that say something: gRPC and HTTP wrap them more than once.
    private static string Innermost(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException!)
        {
            switch (cause)
            {
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return "connection refused";
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }:
                    return "host name not found";
                case SocketException socket:
                    return socket.Message;
                case AuthenticationException tls:
                    return $"TLS failed: {tls.Message}";
                case TimeoutException or OperationCanceledException:
                    return "no connection in time";
                default:
                    break;
            }
        }

        return exception.GetBaseException().Message;
    }
}
