import { category, float64, int64, required, schema, timestamp } from 'millrace';

/** The six stations of the data set that the project carries. */
export const STATIONS = ['Aotizhongxin', 'Dingling', 'Guanyuan', 'Huairou', 'Shunyi', 'Wanliu'] as const;

/** Pollutants in ug/m3, as the sensors report them. */
export const POLLUTANTS = ['pm25', 'pm10', 'so2', 'no2', 'co', 'o3'] as const;

/** Weather: degrees Celsius, hPa, degrees Celsius, mm, m/s. */
export const WEATHER = ['temperature', 'pressure', 'dewPoint', 'rain', 'windSpeed'] as const;

/** One hour of one station. */
export const reading = schema(
  {
    station: required(category()),
    at: required(timestamp()),
    pm25: float64(),
    pm10: float64(),
    so2: float64(),
    no2: float64(),
    co: float64(),
    o3: float64(),
    temperature: float64(),
    pressure: float64(),
    dewPoint: float64(),
    rain: float64(),
    windSpeed: float64(),
    windDirection: category(),
  },
  { eventTime: 'at', key: 'station' },
);

/** One forecast: what PM2.5 will be at `targetTime`, and what it is if nothing changes. */
export const forecast = schema(
  {
    station: required(category()),
    issuedAt: required(timestamp()),
    targetTime: required(timestamp()),
    lead: required(category()),
    prediction: float64(),
    baseline: float64(),
    modelVersion: int64(),
  },
  { eventTime: 'issuedAt', key: 'station' },
);
