package jobs

import (
	"errors"
	"io"
	"net/http"
	"os"
	"testing"
)

var (
	scheduler = Scheduler{URL: os.Getenv("CYCLE_SCHEDULER_URL"), AccessKey: os.Getenv("CYCLE_ACCESS_KEY")}
	sum       = os.Getenv("CYCLE_FUNCTION_SUM")
)

// control asks the emulator's control API, which has the envelope of the Scheduler API.
func control(t *testing.T, path string, body any) {
	t.Helper()
	if _, err := scheduler.call("/_emulator/"+path, body); err != nil {
		t.Fatal(err)
	}
}

func reset(t *testing.T) {
	t.Cleanup(func() { control(t, "reset", nil) })
}

// outputOf waits for the end of the run.
func outputOf(t *testing.T, instanceID string) string {
	t.Helper()
	url := scheduler.URL + "/_emulator/instances/" + instanceID + "/logs?follow=true"
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-CYCLE-ACCESS-KEY", scheduler.AccessKey)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStartsAJobWithItsInput(t *testing.T) {
	reset(t)
	instanceID, err := scheduler.StartJob(sum, "a-token", map[string]string{"NUMBERS": "1 2 3"})
	if err != nil {
		t.Fatal(err)
	}
	if text := outputOf(t, instanceID); text != "sum 6\n" {
		t.Errorf("printed %q", text)
	}
}

func TestSaysThatThereIsNoCapacity(t *testing.T) {
	reset(t)
	control(t, "faults", map[string]any{
		"match":  map[string]any{"operation": "claim"},
		"effect": map[string]any{"type": "error", "code": "504.not-available"},
	})
	if _, err := scheduler.StartJob(sum, "a-token", nil); !errors.Is(err, ErrNoCapacity) {
		t.Errorf("got %v", err)
	}
}

func TestLosesAClaimThatIsNotUsedForTenSeconds(t *testing.T) {
	reset(t)
	claimed, err := scheduler.call("/v1/functions/"+sum+"/claim", map[string]any{"token": "a-token"})
	if err != nil {
		t.Fatal(err)
	}
	control(t, "clock/advance", map[string]any{"ms": 10_000})
	body := map[string]any{"token": "a-token", "instance_id": claimed.Data.InstanceID}
	if _, err := scheduler.call("/v1/functions/"+sum+"/spawn", body); err == nil || err.Error() != "403.invalid-state" {
		t.Errorf("got %v", err)
	}
}
