// A web API as the field has them: dependency injection, options, logging, JSON, caching, sessions of a few hundred
// requests that it sends to itself on the loopback, and a gateway with policies. Prints "READY pid=N" and a few
// facts (the format of ../sample/Facts.cs), and waits until its stdin ends. With the argument "hang" it also sends itself
// three requests that it does not answer, and prints "request METHOD SCHEME URL" of each.
using System.Collections.Concurrent;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Caching.Memory;

namespace Shop;

public record Order(int Id, string Customer, decimal Total, string[] Lines);
public record Receipt(Guid Id, Order Order, bool FallbackUsed);

public class RoutePolicy
{
	public string Name { get; init; }
	public bool EnableFallback { get; set; }
	public string Query { get; set; }
	public int Hits;
}

public interface IPaymentGateway { Receipt Pay(string route, Order order); }

public class PaymentGateway : IPaymentGateway
{
	public static PaymentGateway Current { get; private set; }

	private readonly Dictionary<string, RoutePolicy> _policies = new()
	{
		["cards"] = new() { Name = "cards", EnableFallback = true, Query = "?channel=cards" },
		["payments"] = new() { Name = "payments", EnableFallback = false, Query = "?channel=payments&trace=1" },
		["invoices"] = new() { Name = "invoices", EnableFallback = true },
	};
	private readonly ConcurrentDictionary<int, Receipt> _receipts = new();
	private readonly ILogger<PaymentGateway> _logger;

	public PaymentGateway(ILogger<PaymentGateway> logger)
	{
		_logger = logger;
		Current = this;
	}

	public Receipt Pay(string route, Order order)
	{
		var policy = _policies[route];
		policy.Hits++;
		_logger.LogDebug("order {Id} by {Route}", order.Id, route);
		return _receipts.GetOrAdd(order.Id, id => new Receipt(new Guid(id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), order, policy.EnableFallback));
	}
}

public static class Program
{
	private const int Requests = 300;
	private static WebApplication Application;
	private static HttpClient Client;
	private static readonly List<Receipt> Answers = new();

	public static async Task Main(string[] arguments)
	{
		var builder = WebApplication.CreateBuilder(arguments);
		builder.WebHost.UseUrls("http://127.0.0.1:0");
		builder.Logging.ClearProviders();
		builder.Services.AddSingleton<IPaymentGateway, PaymentGateway>();
		builder.Services.AddMemoryCache();
		builder.Services.AddHttpClient();
		builder.Services.AddResponseCompression();

		Application = builder.Build();
		Application.UseResponseCompression();
		Application.MapGet("/orders/{id:int}", (int id, IMemoryCache cache) => cache.GetOrCreate(id, _ => MakeOrder(id)));
		Application.MapPost("/pay/{route}", (string route, Order order, IPaymentGateway gateway) => gateway.Pay(route, order));
		Application.MapGet("/hang/{number:int}", (int number) => Hang(number));
		Application.MapPost("/hang/post", () => Hang(-1));
		await Application.StartAsync();

		var server = Application.Services.GetRequiredService<IServer>();
		Client = Application.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
		Client.BaseAddress = new Uri(server.Features.Get<IServerAddressesFeature>().Addresses.First());
		await SendRequests();
		if (arguments.Contains("hang")) LeaveWaiting();

		Console.WriteLine("READY pid=" + Environment.ProcessId);
		Console.WriteLine("fact Shop.PaymentGateway.Current._policies[\"payments\"].EnableFallback = False");
		Console.WriteLine("fact Shop.PaymentGateway.Current._policies[\"payments\"].Hits = " + Requests / 3);
		Console.WriteLine("count Shop.PaymentGateway.Current._policies = 3");
		Console.WriteLine("count Shop.PaymentGateway.Current._receipts = " + Requests);
		Console.WriteLine("count Shop.Program.Answers = " + Answers.Count);
		foreach (var request in Hanging) Console.WriteLine("request " + request);
		Console.WriteLine("END");
		while (Console.In.Read() >= 0) { }
	}

	private static readonly List<string> Hanging = new();
	private static readonly CountdownEvent Arrived = new(3);

	private static async Task<string> Hang(int number)
	{
		Arrived.Signal();
		await new TaskCompletionSource().Task;
		return "never " + number;
	}

	private static void LeaveWaiting()
	{
		for (int i = 0; i < 2; i++)
		{
			_ = Client.GetAsync($"/hang/{i}?trace={i}");
			Hanging.Add($"GET http /hang/{i}?trace={i}");
		}
		_ = Client.PostAsJsonAsync("/hang/post", MakeOrder(7));
		Hanging.Add("POST http /hang/post");
		Arrived.Wait();
	}

	private static async Task SendRequests()
	{
		var routes = new[] { "cards", "payments", "invoices" };
		for (int i = 0; i < Requests; i++)
		{
			var order = await Client.GetFromJsonAsync<Order>("/orders/" + i);
			var response = await Client.PostAsJsonAsync("/pay/" + routes[i % 3], order);
			Answers.Add(await response.Content.ReadFromJsonAsync<Receipt>());
		}
	}

	private static Order MakeOrder(int id) =>
		new(id, "customer-" + id % 17, id * 1.25m, Enumerable.Range(0, id % 5).Select(line => $"line {line} of {id}").ToArray());
}
