// The story of the project's design: a gateway whose policies stand in a Dictionary; is EnableFallback really true?
namespace Demo.Payments;

public enum Mode : byte { None = 0, Strict = 1, Lenient = 2 }

public class Policy
{
	public string Name { get; set; }
	public bool EnableFallback { get; set; }
	public int Retries;
	public TimeSpan Timeout;
	public Mode Mode;
	public decimal Fee;
	public Uri Endpoint;
	public List<string> Headers = new();
	public Policy Parent;
}

public class Gateway
{
	public static Gateway Instance { get; } = new();

	private readonly Dictionary<string, Policy> _policies = new();
	private readonly List<Policy> _history = new();
	private string _lastKey;

	public Dictionary<string, Policy> Policies => _policies;
	public Policy Last => _policies[_lastKey];
	public int Count { get; private set; }

	private Gateway()
	{
		Add(new Policy { Name = "search", EnableFallback = true, Retries = 5, Timeout = TimeSpan.FromSeconds(2), Mode = Mode.Lenient, Fee = 0m });
		Add(new Policy { Name = "payments", EnableFallback = false, Retries = 3, Timeout = TimeSpan.FromMilliseconds(1500), Mode = Mode.Strict, Fee = 1.25m });
		Add(new Policy { Name = "orders", EnableFallback = true, Retries = 0, Timeout = Timeout.InfiniteTimeSpan, Mode = Mode.None, Fee = -0.005m });
		Add(new Policy { Name = "removed", EnableFallback = true });
		Add(new Policy { Name = "strange", EnableFallback = true, Mode = (Mode)77, Fee = decimal.MaxValue });
		_policies.Remove("removed");
		_policies["orders"].Parent = _policies["payments"];
		_lastKey = "payments";
	}

	private void Add(Policy policy)
	{
		policy.Endpoint = new Uri("https://example.org/" + policy.Name + "?key=1");
		policy.Headers.Add("x-policy: " + policy.Name);
		_policies.Add(policy.Name, policy);
		_history.Add(policy);
		Count++;
	}
}
