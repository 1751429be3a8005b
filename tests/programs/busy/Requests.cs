// A client, and a server that answers some requests and leaves the others waiting: its own on the loopback, or, in the
// build without sockets, the client's handler.
using System.Net;
using System.Net.Http;
#if !NO_SOCKETS
using System.Net.Sockets;
#endif
using System.Text;

namespace Demo;

public static class Requests
{
	public static HttpClient Client;
	public static readonly List<object> Kept = new();
	private static readonly CountdownEvent Waiting = new(3);

	public static void Start()
	{
		Client = MakeClient();
		Client.Timeout = TimeSpan.FromHours(4);
		for (int i = 0; i < 3; i++) Kept.Add(Client.GetAsync("/done/" + i).Result);
		Kept.Add(Client.PostAsync("/missing", new StringContent("posted")).Result);
		for (int i = 0; i < 2; i++) Kept.Add(Client.GetAsync("/hang/" + i));
		Kept.Add(Client.PostAsync("/hang/post", new StringContent("posted too")));
		Waiting.Wait();
		for (int i = 0; i < 3; i++) Console.WriteLine($"http GET 200 /done/{i}");
		Console.WriteLine("http POST 404 /missing");
		for (int i = 0; i < 2; i++) Console.WriteLine($"http GET - /hang/{i}");
		Console.WriteLine("http POST - /hang/post");
	}

#if NO_SOCKETS
	private static HttpClient MakeClient() => new(new Server()) { BaseAddress = new Uri("http://127.0.0.1:5000") };

	private sealed class Server : HttpMessageHandler
	{
		protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
		{
			var path = request.RequestUri.AbsolutePath;
			if (path.StartsWith("/hang/"))
			{
				Waiting.Signal();
				return new TaskCompletionSource<HttpResponseMessage>().Task;
			}
			var status = path == "/missing" ? HttpStatusCode.NotFound : HttpStatusCode.OK;
			return Task.FromResult(new HttpResponseMessage(status) { RequestMessage = request, Content = new StringContent("ok") });
		}
	}
#else
	private static HttpClient MakeClient()
	{
		var listener = new TcpListener(IPAddress.Loopback, 0);
		listener.Start();
		Program.StartThread("server", () => Serve(listener));
		return new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}") };
	}

	private static void Serve(TcpListener listener)
	{
		while (true)
		{
			var socket = listener.AcceptSocket();
			new Thread(() => Answer(socket), 256 * 1024) { IsBackground = true }.Start();
		}
	}

	private static void Answer(Socket socket)
	{
		var buffer = new byte[4096];
		int size;
		while ((size = socket.Receive(buffer)) > 0)
		{
			var text = Encoding.ASCII.GetString(buffer, 0, size);
			if (!text.Contains("HTTP/1.1\r\n")) continue;  // the body of the request before
			if (text.Contains("/hang/")) { Waiting.Signal(); continue; }
			var status = text.Contains("/missing") ? "404 Not Found" : "200 OK";
			socket.Send(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok"));
		}
	}
#endif
}
