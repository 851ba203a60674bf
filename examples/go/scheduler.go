// Package jobs is the program under test: it starts jobs on functions of its environment.
package jobs

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
)

// ErrNoCapacity says that no instance became free in time.
var ErrNoCapacity = errors.New("no capacity")

// Scheduler is reached at http://env-scheduler on the platform.
type Scheduler struct{ URL, AccessKey string }

type answer struct {
	Data struct {
		InstanceID string `json:"instance_id"`
	}
	Error *struct{ Code string }
}

// StartJob claims an instance, starts it with these variables, and returns its ID.
func (s Scheduler) StartJob(functionID, token string, variables map[string]string) (string, error) {
	path := "/v1/functions/" + functionID
	claimed, err := s.call(path+"/claim", map[string]any{"token": token})
	if err != nil {
		return "", err
	}
	_, err = s.call(path+"/spawn", map[string]any{
		"token":             token,
		"instance_id":       claimed.Data.InstanceID,
		"runtime_variables": map[string]any{"environment_variables": variables},
	})
	return claimed.Data.InstanceID, err
}

func (s Scheduler) call(path string, body any) (answer, error) {
	var result answer
	text, err := json.Marshal(body)
	if err != nil {
		return result, err
	}
	request, err := http.NewRequest(http.MethodPost, s.URL+path, bytes.NewReader(text))
	if err != nil {
		return result, err
	}
	request.Header.Set("X-CYCLE-ACCESS-KEY", s.AccessKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return result, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&result); err != nil {
		return result, err
	}
	switch {
	case result.Error == nil:
		return result, nil
	case result.Error.Code == "504.not-available":
		return result, ErrNoCapacity
	default:
		return result, errors.New(result.Error.Code)
	}
}
